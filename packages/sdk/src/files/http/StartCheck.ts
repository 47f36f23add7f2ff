import { DownloadError } from "../../words/Errors.ts"
import { checkedBytes, contentProblem } from "./contentProblem.ts"
import type { HttpBody, HttpSource } from "./HttpSource.ts"

/** Holds a file's first bytes back until it is clear that they are of that file. */
export class StartCheck {
  readonly #source: HttpSource
  readonly #name: string
  readonly #body: HttpBody
  #held: Uint8Array | undefined
  #hasFoundPage = false

  constructor(source: HttpSource, name: string, body: HttpBody) {
    this.#source = source
    this.#name = name
    this.#body = body
    this.#held = body.offset === 0 ? new Uint8Array(0) : undefined
  }

  /** Whether a web page came in place of the file. */
  get hasFoundPage(): boolean {
    return this.#hasFoundPage
  }

  /** @returns what may be stored now. */
  take(chunk: Uint8Array): Uint8Array {
    if (this.#held === undefined) return chunk
    const held = new Uint8Array(this.#held.length + chunk.length)
    held.set(this.#held)
    held.set(chunk, this.#held.length)
    this.#held = held
    return held.length < checkedBytes ? new Uint8Array(0) : this.rest()
  }

  /** The end of a short file. */
  rest(): Uint8Array {
    const held = this.#held
    if (held === undefined) return new Uint8Array(0)
    this.#held = undefined
    const found = contentProblem(this.#name, held, this.#body.mimeType)
    if (found === undefined) return held
    this.#hasFoundPage = found.isPage
    const { problem, remedy } = found
    throw new DownloadError({ url: `${this.#source.root}/${this.#name}`, problem, remedy })
  }
}
