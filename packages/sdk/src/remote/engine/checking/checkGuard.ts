/**
 * Whether a model behind a server judges. Any model answers a ShieldGemma's question with something: one that was never taught
 * to judge flags nothing, or everything, without a word.
 */
import { ServerError } from "../../../words/Errors.ts"
import { guardProbes, leastProbeDifference } from "../../../words/guardProbes.ts"
import { policyProbability } from "../../../words/policyProbability.ts"
import { policies } from "../../../words/ReleasedPolicies.ts"
import { boundsOf, type ServerJudging } from "../judging/judgeByAnswers.ts"
import { contentPieces } from "../judging/contentPieces.ts"
import type { ServerTable } from "../kinds/modelServer.ts"
import { isBosRead } from "./isBosRead.ts"

/**
 * Asks for two short judgements.
 *
 * @returns what speaks against its use, in sentences
 * @throws ServerError when the answers to two known questions are no judge's, or when it has no tokens for them
 */
export async function checkGuard(judging: ServerJudging, count: ServerTable["count"]): Promise<ReadonlyArray<string>> {
  const { endpoint } = judging
  const prompt = guardProbes.harmless
  // Where a policy's own words leave no room, that is what is wrong.
  await contentPieces(judging, { policies: [policies.dangerous_content], prompt })
  const harmful = await probabilitiesOf(judging, guardProbes.harmful)
  const harmless = await probabilitiesOf(judging, guardProbes.harmless)
  // By what is certain: a server that tells the likeliest tokens alone leaves room.
  if (harmful.most - harmless.least >= leastProbeDifference) return isBosRead(judging, count)
  throw new ServerError({
    url: endpoint.url,
    problem: `its model does not judge: it finds "${guardProbes.harmful}" a violation with ${harmful.most.toFixed(2)} and "${guardProbes.harmless}" with ${harmless.least.toFixed(2)}`,
    remedy:
      "Name a server that runs a ShieldGemma. A guard that judges other things than dangers is opened with `checkShield: false`.",
  })
}

async function probabilitiesOf(judging: ServerJudging, prompt: string) {
  const [bounds] = await boundsOf(judging, [policies.dangerous_content], { prompt }, { judged: 0, cached: 0 })
  return { least: policyProbability(bounds?.min ?? -Infinity), most: policyProbability(bounds?.max ?? Infinity) }
}
