/** What only one thread of a process may do at a time. The others wait, without blocking their event loops. */

const free = 0
const taken = 1

export class Turns {
  readonly buffer: SharedArrayBuffer
  readonly #state: Int32Array<SharedArrayBuffer>

  /** @param buffer of the same turns on another thread. */
  constructor(buffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer
    this.#state = new Int32Array(buffer)
  }

  /** Does something when its turn has come. */
  async take<A>(work: () => Promise<A>): Promise<A> {
    while (Atomics.compareExchange(this.#state, 0, free, taken) === taken) {
      await Atomics.waitAsync(this.#state, 0, taken).value
    }
    try {
      return await work()
    } finally {
      Atomics.store(this.#state, 0, free)
      Atomics.notify(this.#state, 0, 1)
    }
  }
}
