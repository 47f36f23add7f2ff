import { OverloadedError } from "../../../words/Errors.ts"

/** So many may wait. */
const mostWaiting = 64

/** Places on a server: what finds none waits in turn, and what finds no room to wait is refused at once. */
export class Places {
  #free: number
  readonly #concurrency: number
  readonly #waiting = new Set<() => void>()

  constructor(concurrency: number) {
    this.#free = concurrency
    this.#concurrency = concurrency
  }

  /**
   * Resolves with what gives the place back, to be called once.
   *
   * @throws OverloadedError where too many wait already
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free--
      return () => this.#give()
    }
    if (this.#waiting.size >= mostWaiting) throw new OverloadedError({ limit: this.#concurrency + mostWaiting })
    const { promise, reject, resolve } = Promise.withResolvers<void>()
    const leave = () => {
      this.#waiting.delete(resolve)
      reject(signal.reason)
    }
    this.#waiting.add(resolve)
    signal.addEventListener("abort", leave, { once: true })
    await promise.finally(() => signal.removeEventListener("abort", leave))
    return () => this.#give()
  }

  #give(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free++
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}
