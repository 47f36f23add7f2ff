/** A text as one vector: the mean of what one layer made of its tokens. */
import * as Effect from "effect/Effect"
import type { Embedding } from "../words/Embedding.ts"
import { type FacetError, notFinite } from "../words/Errors.ts"
import { siteWidth } from "../graph/ModelConfig.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { areFinite } from "./areFinite.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./prefill.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface EmbedTextOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  /** The text's, `<bos>` first. */
  readonly tokens: ReadonlyArray<number>
  /** The model was opened with a tap there. */
  readonly site: Site
}

/** Two thirds of the way up: below the last layers, which turn what was read into a guess at the next token. */
export const embeddingLayer = ({ layers }: Pick<ModelConfig, "layers">): number => Math.floor((2 * layers) / 3)

/** Whether `<bos>` is all there is. */
export const isEmptyText = (tokens: ReadonlyArray<number>): boolean => tokens.length <= 1

/** Each chunk's activations are added up and dropped before the next one runs. */
export const embedText = ({ model, scheduler, site, tokens }: EmbedTextOptions): Effect.Effect<Embedding, FacetError> =>
  Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const sum = new RowSum(siteWidth(model.config, site.site))
    const { layer } = site
    if (isEmptyText(tokens)) return { embedding: sum.mean(), layer, tokens: 0 }
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps: [site] }),
      // Position 0 is left out: `<bos>` has activations far beyond all others, and the same for every text.
      (result, chunk) => sum.add(result.taps.get(siteKey(site)) ?? new Float32Array(0), chunk.start === 0 ? 1 : 0),
    )
    const embedding = sum.mean()
    if (!areFinite(embedding)) return yield* notFinite("Embedding", `the model's ${siteKey(site)} is not finite`)
    return { embedding, layer, tokens: sum.rows }
  })

/** Adds up rows in double precision, so that the order of a thousand of them does not tell. */
class RowSum {
  readonly #sums: Float64Array
  #rows = 0

  constructor(width: number) {
    this.#sums = new Float64Array(width)
  }

  get rows(): number {
    return this.#rows
  }

  add(rows: Float32Array, from: number): void {
    const width = this.#sums.length
    for (let start = from * width; start < rows.length; start += width) {
      for (let i = 0; i < width; i++) this.#sums[i]! += rows[start + i]!
      this.#rows++
    }
  }

  /** Zeros when nothing was added. */
  mean(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#sums, (sum) => sum / Math.max(1, this.#rows))
  }
}
