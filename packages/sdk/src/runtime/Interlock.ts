/**
 * A thread that dies inside native code takes the whole process down with SIGABRT. So the engine's thread says when it
 * is inside (a count in shared memory, as opening and running may overlap), and whoever wants to end it waits until it is outside and shuts the door.
 */

const inside = 0
const shut = 1

/** The most milliseconds that an exit waits for a native run to end. A prefill chunk takes about a second. */
const patience = 10_000

export class Interlock {
  readonly buffer: SharedArrayBuffer
  readonly #state: Int32Array<SharedArrayBuffer>

  constructor(buffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer
    this.#state = new Int32Array(buffer)
  }

  /** On the engine's thread: announces native code. Never returns once the door is shut. */
  enter(): void {
    Atomics.add(this.#state, inside, 1)
    if (Atomics.load(this.#state, shut) === 0) return
    this.leave()
    // The process is about to end: this thread must not begin anything that it cannot finish.
    Atomics.wait(this.#state, shut, 1)
  }

  /** On the engine's thread: native code has returned. */
  leave(): void {
    Atomics.sub(this.#state, inside, 1)
    Atomics.notify(this.#state, inside)
  }

  /** On the thread that ends the engine's: shuts the door and waits, blocking, until nobody is inside. */
  shut(): void {
    Atomics.store(this.#state, shut, 1)
    const deadline = Date.now() + patience
    for (;;) {
      const count = Atomics.load(this.#state, inside)
      const left = deadline - Date.now()
      if (count === 0 || left <= 0) return
      Atomics.wait(this.#state, inside, count, left)
    }
  }
}
