/** How many requests a download may have open, over all of its files. */
export class Connections {
  #free: number
  readonly #waiting: Array<() => void> = []

  constructor(most: number) {
    this.#free = most
  }

  /** Does something as soon as a connection is free, first come first served. */
  async use<A>(work: () => Promise<A>): Promise<A> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // Handed on: it is never free for whoever comes later.
      if (next !== undefined) next()
      else this.#free++
    }
  }
}
