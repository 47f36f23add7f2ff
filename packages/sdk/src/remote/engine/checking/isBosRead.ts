import type { ServerJudging } from "../judging/judgeByAnswers.ts"
import type { ServerTable } from "../kinds/modelServer.ts"

/** One token in every vocabulary. */
const letter = "a"

/**
 * Whether a server puts `<bos>` before a text, once: of a text of one letter it then reads two tokens. Where it is sent token
 * ids, there is nothing to ask.
 *
 * @returns a sentence where it reads another number
 */
export async function isBosRead(
  { endpoint, model, signal, vocabulary }: ServerJudging,
  count: ServerTable["count"],
): Promise<ReadonlyArray<string>> {
  if (vocabulary !== undefined) return []
  const read = await count?.({ endpoint, model: model.name, signal }, letter)
  if (read === undefined || read === 2) return []
  const what = read === 1 ? "does not put <bos> before texts" : "may put <bos> before texts twice"
  return [
    `${endpoint.url} ${what}: of a text of one letter it reads ${read} tokens where 2 are expected. Its verdicts are not ShieldGemma's.`,
  ]
}
