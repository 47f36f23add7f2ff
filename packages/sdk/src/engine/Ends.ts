/** The tokens that end a generation, and from when on they may. */
import type { GenerateRequest } from "../words/Request.ts"

export class Ends {
  readonly #ids: ReadonlySet<number>
  readonly #minTokens: number

  /** @param ids those that end the model's own turn. */
  constructor(
    ids: ReadonlySet<number>,
    { minTokens = 0, stopTokens = [] }: Pick<GenerateRequest, "minTokens" | "stopTokens">,
  ) {
    this.#ids = stopTokens.length === 0 ? ids : new Set([...ids, ...stopTokens])
    this.#minTokens = minTokens
  }

  has(id: number): boolean {
    return this.#ids.has(id)
  }

  /**
   * Chooses a token; as long as too few are chosen, none that would end the text.
   *
   * @param logits one row; unchanged afterwards.
   * @param chosen how many tokens were chosen before.
   */
  kept(logits: Float32Array, chosen: number, choose: () => number): number {
    if (chosen >= this.#minTokens) return choose()
    const before = Array.from(this.#ids, (id) => [id, logits[id]] as const)
    for (const [id, logit] of before) if (logit !== undefined) logits[id] = -Infinity
    try {
      return choose()
    } finally {
      for (const [id, logit] of before) if (logit !== undefined) logits[id] = logit
    }
  }
}
