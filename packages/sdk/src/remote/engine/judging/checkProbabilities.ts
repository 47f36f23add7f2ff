import type { Endpoint } from "../connection/Endpoint.ts"
import type { ToldAnswers } from "./answerBounds.ts"

/**
 * Both answers together are at most as likely as all there are. A server that tells what is left after masks and filters tells
 * other figures than the model's.
 *
 * @throws ServerError for what cannot be the model's own log-probabilities
 */
export function checkProbabilities<A extends ToldAnswers>(endpoint: Endpoint, path: string, told: A): A {
  const sum = Math.exp(told.yes ?? -Infinity) + Math.exp(told.no ?? -Infinity)
  if (sum <= mostRounded) return told
  throw endpoint.error(
    path,
    "what it tells are no log-probabilities of the model's own: Yes and No together are likelier than everything",
    "Have it tell them as they are before any mask (vLLM: --logprobs-mode raw_logprobs).",
  )
}

/** Of probabilities that were told in half precision. */
const mostRounded = 1.01
