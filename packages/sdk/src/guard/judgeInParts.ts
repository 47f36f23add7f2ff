/** Policies whose probe reads the model that writes: what it says, and what the guard says, put together. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import type { Policy } from "../words/Policy.ts"
import { logitOf, sigmoid } from "../words/policyProbability.ts"
import type { PolicyVerdict, Verdict } from "../words/Verdict.ts"

type Ask<R> = (policies: ReadonlyArray<Policy>) => Effect.Effect<Verdict, FacetError, R>

/** @param policies of which one at least has such a probe. The guard is asked only where it has something to say. */
export const judgeInParts = <R>(
  policies: ReadonlyArray<Policy>,
  askText: Ask<R>,
  askGuard: Ask<R>,
): Effect.Effect<Verdict, FacetError, R> =>
  Effect.gen(function* () {
    const byText = yield* askText(policies.filter(readsText).map(probeAlone))
    const others = policies.filter((policy) => !readsText(policy) || policy.probe?.guideline !== undefined)
    return others.length === 0 ? byText : merged(policies, byText, yield* askGuard(others.map(guidelineAlone)))
  })

export const readsText = ({ probe }: Policy): boolean => probe?.of === "text"

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
    ...byGuard,
    flagged: verdicts.some(({ flagged }) => flagged),
    policies: verdicts,
    tokens: { judged: sum("judged"), cached: sum("cached") },
  }
}

const verdictOn = ({ id }: Policy, { policies }: Verdict): PolicyVerdict | undefined =>
  policies.find(({ policy }) => policy === id)
