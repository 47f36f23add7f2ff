/** The last log-probabilities of a stream. */
import type { GenerationPart } from "./Generation.ts"

/**
 * Watches the parts of one generation that was asked for log-probabilities, and sees to it that the finish brings those
 * of the completion's tokens that no text brought, and no others: whatever a guard held back is no part of either.
 */
export class FinishLogprobs {
  #told = 0

  pass(part: GenerationPart): GenerationPart {
    if (part.type === "text") this.#told += part.tokens.length
    if (part.type !== "finish") return part
    const rest = part.tokens.completion.length - this.#told
    return { ...part, logprobs: (part.logprobs ?? []).slice(0, rest) }
  }
}
