/** One library in a page of its own. */

/** What a page is told to open. */
export interface Contest {
  /** The address of the model's folder, with `model.gguf` and `onnx/` in it. */
  readonly folder: string
  readonly threads: number
  /** The address of ONNX Runtime's files for transformers.js. */
  readonly runtime: string
}

/** How long a text took. */
export interface Pace {
  /** Until the first token was there, in milliseconds. */
  readonly firstMs: number
  /** For each of the others. */
  readonly tokenMs: number
}

export interface Contender {
  readonly settings: string
  /** Reads a prompt that it has not seen, and writes exactly so many tokens. */
  readonly read: (
    prompt: { readonly text: string; readonly ids: ReadonlyArray<number> },
    tokens: number,
  ) => Promise<Pace>
}

export type OpenContender = (contest: Contest) => Promise<Contender>

/** Times the tokens as they come. */
export class Stopwatch {
  readonly #startedAt = performance.now()
  #firstAt: number | undefined
  #later = 0

  count(tokens: number): void {
    if (this.#firstAt === undefined) this.#firstAt = performance.now()
    else this.#later += tokens
  }

  pace(): Pace {
    if (this.#firstAt === undefined) throw new Error("nothing was written")
    return {
      firstMs: this.#firstAt - this.#startedAt,
      tokenMs: (performance.now() - this.#firstAt) / Math.max(1, this.#later),
    }
  }
}
