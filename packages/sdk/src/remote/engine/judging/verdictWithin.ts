import { ServerError } from "../../../words/Errors.ts"
import type { Policy } from "../../../words/Policy.ts"
import { policyProbability } from "../../../words/policyProbability.ts"
import type { PolicyVerdict } from "../../../words/Verdict.ts"
import type { LogitBounds } from "./answerBounds.ts"

/** Whether both bounds of the probability lie on one side of the threshold. */
export const isDecided = (policy: Policy | undefined, bounds: LogitBounds): boolean =>
  policy === undefined || sideOf(policy, bounds) !== undefined

function sideOf({ calibration, threshold }: Policy, { max, min }: LogitBounds): boolean | undefined {
  if (policyProbability(min, calibration) >= threshold) return true
  return policyProbability(max, calibration) < threshold ? false : undefined
}

/**
 * Decides where the bounds of the probability do: the probability that is told is the one nearest to the threshold, and
 * `bounds` says that it is one of several.
 *
 * @param url the server's, for the error
 * @throws ServerError where the threshold lies between them: nobody guesses
 */
export function verdictWithin(policy: Policy, bounds: LogitBounds, url: string): PolicyVerdict {
  const { action, calibration, id, threshold } = policy
  const least = policyProbability(bounds.min, calibration)
  const most = policyProbability(bounds.max, calibration)
  const flagged = sideOf(policy, bounds)
  if (flagged === undefined) {
    throw new ServerError({
      url,
      problem: `it tells too few log-probabilities to judge by ${id}: P(violation) lies from ${least.toFixed(3)} to ${most.toFixed(3)}, on both sides of the threshold ${threshold}`,
      remedy:
        "Raise its limit of log-probabilities (vLLM: --max-logprobs), or run the guard on llama.cpp's server or facet serve.",
    })
  }
  return {
    policy: id,
    probability: flagged ? least : most,
    threshold,
    flagged,
    ...(least !== most && { bounds: { least, most } }),
    ...(action !== undefined && action !== "block" && { action }),
  }
}
