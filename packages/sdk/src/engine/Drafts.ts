/**
 * Guesses at what comes next: what followed when the text's last tokens stood there before (Saxena, "Prompt lookup
 * decoding", 2023). A run of several rows costs little more than a run of one, so that a right guess is a token for
 * little; what is quoted, listed or repeated is guessed often.
 */

/** Tokens that must have stood there before. */
const shortest = 3

/** After wrong guesses, longer ones must. */
const longest = 12

/** Tokens that are guessed at once: with the one that is known, as many rows as run together well. */
const sizes = [3, 7] as const

export class Drafts {
  readonly #tokens: Array<number> = []
  /** Where the tokens that followed a run of {@link shortest} began, by a hash of the run. */
  readonly #places = new Map<number, number>()
  #needed = shortest
  #size: number = sizes[0]

  /** @param tokens those of the prompt. */
  constructor(tokens: ReadonlyArray<number>) {
    for (const id of tokens) this.accept(id)
  }

  /** Takes the next token of the text. */
  accept(id: number): void {
    // What follows a run is known only now: its own end must not be found for itself.
    if (this.#tokens.length >= shortest) this.#places.set(this.#hash(), this.#tokens.length)
    this.#tokens.push(id)
  }

  /** What may follow, at most so many tokens; empty where nothing like it stood there before. */
  next(most: number): ReadonlyArray<number> {
    const from = this.#tokens.length < shortest ? undefined : this.#places.get(this.#hash())
    if (from === undefined || this.#matches(from) < this.#needed) return []
    return this.#tokens.slice(from, from + Math.min(this.#size, most))
  }

  /** Learns how many of so many guessed tokens were right. */
  learn(guessed: number, right: number): void {
    if (right === 0) this.#needed = Math.min(longest, this.#needed + 2)
    else if (right === guessed) this.#needed = shortest
    this.#size = right === guessed ? sizes[1] : sizes[0]
  }

  /** How many tokens before `from` are those at the end. */
  #matches(from: number): number {
    const end = this.#tokens.length
    let count = 0
    while (count < longest && count < from && this.#tokens[from - 1 - count] === this.#tokens[end - 1 - count]) count++
    return count
  }

  #hash(): number {
    let hash = 0
    for (let i = this.#tokens.length - shortest; i < this.#tokens.length; i++) {
      hash = Math.imul(hash ^ (this.#tokens[i] ?? 0), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash
  }
}
