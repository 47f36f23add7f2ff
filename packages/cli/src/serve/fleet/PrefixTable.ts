/** Which worker has read which beginnings of prompts. */

/** Beginnings that are remembered, of some hundred bytes each. */
const mostBeginnings = 50_000

export class PrefixTable {
  readonly #most: number
  /** The least recently asked for come first. */
  readonly #readers = new Map<string, Set<number>>()

  constructor(most: number = mostBeginnings) {
    this.#most = most
  }

  /**
   * @param chain of a prompt, see `promptChain`
   * @returns for each worker that has read some of it, of how many pieces
   */
  matches(chain: ReadonlyArray<string>): ReadonlyMap<number, number> {
    const matched = new Map<number, number>()
    for (const [i, piece] of chain.entries()) {
      const readers = [...(this.#readers.get(piece) ?? [])].filter((worker) => (matched.get(worker) ?? 0) === i)
      if (readers.length === 0) break
      for (const worker of readers) matched.set(worker, i + 1)
    }
    return matched
  }

  /** A worker reads a prompt. */
  add(chain: ReadonlyArray<string>, worker: number): void {
    // The end first: when room runs out, beginnings outlive what follows from them.
    for (const piece of chain.toReversed()) {
      const readers = this.#readers.get(piece) ?? new Set()
      this.#readers.delete(piece)
      this.#readers.set(piece, readers.add(worker))
    }
    for (const piece of this.#readers.keys()) {
      if (this.#readers.size <= this.#most) return
      this.#readers.delete(piece)
    }
  }

  /** A worker is gone, and what it has read with it. */
  forget(worker: number): void {
    for (const [piece, readers] of this.#readers) {
      readers.delete(worker)
      if (readers.size === 0) this.#readers.delete(piece)
    }
  }
}
