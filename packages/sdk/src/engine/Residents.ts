/** Things that take memory while they are open and can be opened anew: so many bytes of them stay; the least recently used go. */
export interface Resident {
  /** Of memory, while it is open. */
  readonly bytes: number
  /** Whether it is at work, and so cannot go. */
  readonly isBusy: boolean
  /** Closes it; the next use opens it anew. */
  readonly leave: () => Promise<void>
}

export class Residents {
  readonly #most: number
  /** The least recently used first. */
  readonly #all = new Set<Resident>()

  /** @param most bytes. What is needed at once is open however large it is. */
  constructor(most: number) {
    this.#most = most
  }

  /** Of those that are open, in bytes. */
  get bytes(): number {
    return [...this.#all].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Tells that one is used now: makes room for it where it was not open. */
  async enter(one: Resident): Promise<void> {
    this.#all.delete(one)
    this.#all.add(one)
    for (const other of this.#all) {
      if (this.bytes <= this.#most) return
      if (other === one || other.isBusy) continue
      this.#all.delete(other)
      await other.leave()
    }
  }
}
