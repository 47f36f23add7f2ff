import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import type { ContentTexts } from "../words/Content.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened, type Place } from "../words/Opened.ts"
import type { Policy } from "../words/Policy.ts"
import { logitOf, sigmoid } from "../words/policyProbability.ts"
import type { PolicyVerdict, Verdict } from "../words/Verdict.ts"

/**
 * Asks the model that judges, wherever it runs; for policies whose probe reads the model that writes, that one. A guard that
 * nobody needs is not opened.
 *
 * @param isNested whether it judges for a generation that is under way.
 */
export const judgeByPlace = (
  { prompt, response }: ContentTexts,
  policies: ReadonlyArray<Policy>,
  isNested: boolean,
): Effect.Effect<Verdict, FacetError, Opened> =>
  Effect.gen(function* () {
    const { guard, text } = yield* Opened
    const cacheSalt = yield* CacheSalt
    const client = yield* Client
    const ask = ({ engine, model }: Place, asked: ReadonlyArray<Policy>) =>
      engine.judge({ model, prompt, response, policies: asked.map(asJudged), isNested, cacheSalt, client })
    const written = policies.filter(readsText)
    if (written.length === 0) return yield* ask(yield* guard, policies)
    const byText = yield* ask(text, written.map(probeAlone))
    const others = policies.filter((policy) => !readsText(policy) || policy.probe?.guideline !== undefined)
    if (others.length === 0) return byText
    const byGuard = yield* ask(yield* guard, others.map(guidelineAlone))
    return merged(policies, byText, byGuard)
  })

/** What a judge has no use for stays here. */
function asJudged(policy: Policy): Policy {
  const { examples: _, training: __, ...judged } = policy
  return judged
}

const readsText = ({ probe }: Policy): boolean => probe?.of === "text"

/** The part of the model that writes. */
function probeAlone(policy: Policy): Policy {
  if (policy.probe === undefined) return policy
  const { guideline: _, ...probe } = policy.probe
  return { ...policy, probe }
}

/** The guard's part of a policy whose probe is another model's: its plain answer. */
function guidelineAlone(policy: Policy): Policy {
  if (!readsText(policy)) return policy
  const { calibration: _, probe: __, ...guideline } = policy
  return guideline
}

function merged(policies: ReadonlyArray<Policy>, byText: Verdict, byGuard: Verdict): Verdict {
  const verdicts = policies.map((policy) => {
    const [probed, guided] = [verdictOn(policy, byText), verdictOn(policy, byGuard)]
    if (probed === undefined || guided === undefined) return (probed ?? guided)!
    const logit = logitOf(probed.probability) + (policy.probe?.guideline ?? 0) * logitOf(guided.probability)
    const probability = sigmoid(logit)
    return { ...probed, probability, flagged: probability >= probed.threshold }
  })
  const sum = (count: "judged" | "cached") => byText.tokens[count] + byGuard.tokens[count]
  return {
    flagged: verdicts.some(({ flagged }) => flagged),
    policies: verdicts,
    tokens: { judged: sum("judged"), cached: sum("cached") },
  }
}

const verdictOn = ({ id }: Policy, { policies }: Verdict): PolicyVerdict | undefined =>
  policies.find(({ policy }) => policy === id)
