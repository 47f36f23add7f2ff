/** Ends what says nothing for too long. */
export class Silence {
  readonly #ended = new AbortController()
  readonly #ms: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number) {
    this.#ms = ms
    this.begin()
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** The time begins anew. */
  begin(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ended.abort(), this.#ms)
  }

  /** Nobody waits. */
  end(): void {
    clearTimeout(this.#timer)
  }
}
