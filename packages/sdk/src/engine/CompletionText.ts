/** What a generation has written so far, as text. */
import type { Detokeniser } from "./Detokeniser.ts"
import type { StopMatcher } from "./makeStopMatcher.ts"

/** The completion as text, and how far it may be shown: what could become a stop string, or half a character, waits. */
export class CompletionText {
  readonly #detokeniser: Detokeniser
  readonly #stops: StopMatcher
  readonly #minTokens: number
  /** For each token, how long the text is once the token is complete. */
  readonly #ends: Array<number> = []
  /** For each token, how much of the text is complete with it. */
  readonly #lengths: Array<number> = []
  #decoded = 0
  #out = 0
  #tokensOut = 0

  /** @param minTokens so many tokens are not looked at for stop strings. */
  constructor(detokeniser: Detokeniser, stops: StopMatcher, minTokens: number) {
    this.#detokeniser = detokeniser
    this.#stops = stops
    this.#minTokens = minTokens
  }

  get isStopped(): boolean {
    return this.#stops.stopped !== undefined
  }

  /** Tokens whose text is out entirely. */
  get tokensOut(): number {
    return this.#tokensOut
  }

  /** Characters that the first tokens say. */
  lengthOf(tokens: number): number {
    return this.#lengths[tokens - 1] ?? 0
  }

  push(id: number): string {
    const text = this.#detokeniser.push(id)
    this.#decoded += text.length
    this.#lengths.push(this.#decoded)
    // A token that completes no character is out with the next one.
    this.#ends.push(text === "" ? this.#decoded + 1 : this.#decoded)
    const isBound = this.#ends.length <= this.#minTokens
    return this.#emitted(isBound ? text : this.#stops.push(text).emit)
  }

  flush(): string {
    const rest = this.#detokeniser.flush()
    this.#decoded += rest.length
    if (this.#lengths.length > 0) this.#lengths[this.#lengths.length - 1] = this.#decoded
    for (const [i, end] of this.#ends.entries()) this.#ends[i] = Math.min(end, this.#decoded)
    return this.#emitted(this.#stops.push(rest).emit + this.#stops.flush())
  }

  #emitted(text: string): string {
    this.#out += text.length
    while (this.#tokensOut < this.#ends.length && this.#ends[this.#tokensOut]! <= this.#out) this.#tokensOut++
    return text
  }
}
