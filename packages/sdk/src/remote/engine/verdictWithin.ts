import { ServerError } from "../../words/Errors.ts"
import type { Policy } from "../../words/Policy.ts"
import { policyProbability } from "../../words/policyProbability.ts"
import type { PolicyVerdict } from "../../words/Verdict.ts"
import type { LogitBounds } from "./answerBounds.ts"

/**
 * Decides where the bounds of the probability do: the probability that is told is the one nearest to the threshold, and
 * `bounds` says that it is one of several.
 *
 * @param url the server's, for the error
 * @throws ServerError where the threshold lies between them: nobody guesses
 */
export function verdictWithin(
  { action, calibration, id, threshold }: Policy,
  { max, min }: LogitBounds,
  url: string,
): PolicyVerdict {
  const least = policyProbability(min, calibration)
  const most = policyProbability(max, calibration)
  const flagged = least >= threshold
  if (!flagged && !(most < threshold)) {
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
