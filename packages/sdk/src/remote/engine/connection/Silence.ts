/** Ends what says nothing for too long. */
export class Silence {
  readonly #ended = new AbortController()
  readonly #ms: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ms: number) {
    this.#ms = ms
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** Something came: the time begins anew. */
  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ended.abort(), this.#ms)
  }

  /** Nobody waits any more. */
  end(): void {
    clearTimeout(this.#timer)
  }
}
