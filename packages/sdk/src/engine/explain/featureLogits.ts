/** Direct logit attribution of features: which tokens each makes likelier, and which less likely. */
import * as Effect from "effect/Effect"
import { asFacetError, type FacetError } from "../../words/Errors.ts"
import type { FeatureLogits, TokenEffect } from "../../words/Lens.ts"
import type { OpenModel } from "../OpenModel.ts"
import type { SaeFeatures } from "../SaeFeatures.ts"
import type { Scheduler } from "../Scheduler.ts"
import { linearLogits } from "./linearLogits.ts"
import { unembed } from "./unembed.ts"

export interface FeatureLogitsOf {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly sae: SaeFeatures
  readonly labels: ReadonlyMap<number, string>
  /** Indices that the autoencoder has. */
  readonly features: ReadonlyArray<number>
  readonly topK: number
}

export const featureLogits = ({
  features,
  labels,
  model,
  sae,
  scheduler,
  topK,
}: FeatureLogitsOf): Effect.Effect<FeatureLogits, FacetError> =>
  Effect.gen(function* () {
    const rows = yield* Effect.tryPromise({
      try: () => Promise.all(features.map((index) => sae.decoderRow(index))),
      catch: (cause) => asFacetError("Reading the autoencoder", cause),
    })
    const found: Array<FeatureLogits["features"][number]> = []
    yield* unembed({ model, scheduler }, rows, (logits, i) => {
      const [index, row] = [features[i] ?? 0, rows[i] ?? new Float32Array(0)]
      const label = labels.get(index)
      const effects = linearLogits(model.config, row, logits)
      const most = (sign: 1 | -1): ReadonlyArray<TokenEffect> =>
        strongest(effects, sign, topK).map((id) => ({
          token: model.tokenizer.tokenText(id),
          id,
          effect: effects[id] ?? 0,
        }))
      found.push({ index, ...(label !== undefined && { label }), promoted: most(1), suppressed: most(-1) })
    })
    return { ...sae.site, features: found }
  })

/** The ids of the largest effects in one direction, without those that go the other way. */
const strongest = (effects: Float32Array, sign: 1 | -1, count: number): ReadonlyArray<number> =>
  Array.from(effects.keys())
    .filter((id) => sign * (effects[id] ?? 0) > 0)
    .sort((a, b) => sign * ((effects[b] ?? 0) - (effects[a] ?? 0)))
    .slice(0, count)
