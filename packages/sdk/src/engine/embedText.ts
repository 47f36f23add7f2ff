/** A text as one vector: the mean of what one layer made of its tokens. */
import * as Effect from "effect/Effect"
import type { Embedding } from "../words/Embedding.ts"
import { type FacetError, notFinite } from "../words/Errors.ts"
import { siteWidth } from "../graph/ModelConfig.ts"
import { Pool } from "../words/Probe.ts"
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
    const pool = new Pool(siteWidth(model.config, site.site))
    const { layer } = site
    if (isEmptyText(tokens)) return { embedding: pool.features(["mean"]), layer, tokens: 0 }
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps: [site] }),
      // Position 0 is left out: `<bos>` has activations far beyond all others, and the same for every text.
      (result, chunk) => pool.add(result.taps.get(siteKey(site)) ?? new Float32Array(0), chunk.start === 0 ? 1 : 0),
    )
    const embedding = pool.features(["mean"])
    if (!areFinite(embedding)) return yield* notFinite("Embedding", `the model's ${siteKey(site)} is not finite`)
    return { embedding, layer, tokens: pool.rows }
  })
