/** The last log-probabilities of a stream. */
import type { GenerationPart } from "../words/Generation.ts"

/**
 * Watches the parts of one generation that was asked for log-probabilities, and sees to it that the finish brings those
 * of the completion's tokens that no text brought, and no others: whatever a guard held back is no part of either.
 */
export class FinishLogprobs {
  #told = 0

  pass(part: GenerationPart): GenerationPart {
    if (part.type !== "finish") {
      if ("logprobs" in part) this.#told += part.logprobs?.length ?? 0
      return part
    }
    const logprobs = part.logprobs ?? []
    // Of an engine that does not tell its tokens all that came is all that there is.
    const rest = part.tokens === undefined ? logprobs.length : part.tokens.completion.length - this.#told
    return { ...part, logprobs: logprobs.slice(0, rest) }
  }
}
