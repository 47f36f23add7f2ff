/** A text that comes from a server, part by part, and what is told of it at its end. */
import type { EnginePart, FinishReason } from "../../../words/Generation.ts"
import type { TokenLogprob } from "../../../words/TokenLogprob.ts"
import { invalidRequest } from "../../../words/Errors.ts"

export interface ServedUsage {
  readonly promptTokens: number
  readonly cachedTokens: number
  /** Undefined where the server does not tell: then pieces are counted, as most have one token. */
  readonly completionTokens: number | undefined
}

export class ServedText {
  readonly #startedAt = performance.now()
  readonly #wantsLogprobs: boolean
  #firstAt: number | undefined
  #count = 0

  constructor(wantsLogprobs: boolean) {
    this.#wantsLogprobs = wantsLogprobs
  }

  /**
   * A piece of the text; none where it is empty.
   *
   * @throws InvalidRequestError where log-probabilities were asked for, and there are none
   */
  piece(text: unknown, logprobs: ReadonlyArray<TokenLogprob> | undefined): ReadonlyArray<EnginePart> {
    if (typeof text !== "string" || text === "") return []
    this.#firstAt ??= performance.now()
    this.#count += logprobs?.length ?? 1
    if (!this.#wantsLogprobs) return [{ type: "text", text }]
    if (logprobs !== undefined) return [{ type: "text", text, logprobs }]
    throw invalidRequest("logprobs", "the server tells none", "Leave it out, or generate on a server that tells them.")
  }

  finish(finishReason: FinishReason, { cachedTokens, completionTokens = this.#count, promptTokens }: ServedUsage) {
    const now = performance.now()
    const seconds = this.#firstAt === undefined ? 0 : (now - this.#firstAt) / 1000
    return {
      type: "finish",
      finishReason,
      usage: { promptTokens, cachedTokens, completionTokens },
      timings: {
        firstTokenMs: (this.#firstAt ?? now) - this.#startedAt,
        totalMs: now - this.#startedAt,
        tokensPerSecond: seconds > 0 && completionTokens > 1 ? (completionTokens - 1) / seconds : 0,
      },
    } satisfies EnginePart
  }
}
