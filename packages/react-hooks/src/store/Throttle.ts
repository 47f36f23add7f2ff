/** Passes on the latest of many values at most once in so many milliseconds, the first one at once. */
export class Throttle<A> {
  readonly #pass: (value: A) => void
  readonly #intervalMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #pending: { readonly value: A } | undefined

  constructor(pass: (value: A) => void, intervalMs: number) {
    this.#pass = pass
    this.#intervalMs = intervalMs
  }

  push(value: A): void {
    this.#pending = { value }
    if (this.#timer === undefined) this.#release()
  }

  /** Passes on what is held back, and forgets the time. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending !== undefined) this.#pass(this.#pending.value)
    this.#pending = undefined
  }

  /** Drops what is held back. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pending = undefined
  }

  #release(): void {
    if (this.#pending === undefined) {
      this.#timer = undefined
      return
    }
    const { value } = this.#pending
    this.#pending = undefined
    this.#timer = setTimeout(() => this.#release(), this.#intervalMs)
    this.#pass(value)
  }
}
