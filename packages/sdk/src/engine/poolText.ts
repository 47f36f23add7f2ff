/** A text's residual stream as one row of numbers for each layer: what probes are trained on, and read. */
import * as Effect from "effect/Effect"
import { siteWidth } from "../graph/ModelConfig.ts"
import { asFacetError, type FacetError, notFinite } from "../words/Errors.ts"
import type { Features } from "../words/Features.ts"
import { Pool, poolings } from "../words/Probe.ts"
import { type Site, siteKey } from "../words/Site.ts"
import { areFinite } from "./areFinite.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./prefill.ts"
import type { Scheduler } from "./Scheduler.ts"

/** Where probes read. */
export const probeSite = (layer: number): Site => ({ site: "resid_post", layer })

export interface PoolTextOptions {
  readonly scheduler: Scheduler
  /** Opened with a tap at each of the layers. */
  readonly model: OpenModel
  /** The text's, `<bos>` first. */
  readonly tokens: ReadonlyArray<number>
  /** The first that is pooled. Default 1, behind `<bos>`. */
  readonly from?: number | undefined
  readonly layers: ReadonlyArray<number>
}

/** Each chunk's activations are pooled and dropped before the next one runs: they never leave this thread. */
export const poolText = ({
  from = 1,
  layers,
  model,
  scheduler,
  tokens,
}: PoolTextOptions): Effect.Effect<Features, FacetError> =>
  Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const width = siteWidth(model.config, "resid_post")
    const sites = layers.map(probeSite)
    const pools = sites.map((site) => ({ key: siteKey(site), pool: new Pool(width) }))
    // A text without tokens has `<bos>` alone, which is not pooled.
    if (tokens.length > 1) {
      yield* prefillAll(
        scheduler,
        model,
        tokens,
        () => ({ taps: sites }),
        ({ taps }, chunk) => {
          for (const { key, pool } of pools) {
            pool.add(taps.get(key) ?? new Float32Array(0), Math.max(0, from - chunk.start))
          }
        },
      )
    }
    const values = new Float32Array(layers.length * poolings.length * width)
    for (const [i, { pool }] of pools.entries()) values.set(pool.features(), i * poolings.length * width)
    if (!areFinite(values)) return yield* notFinite("Reading activations", "the model's residual stream is not finite")
    const fingerprint = yield* fingerprintIn(model)
    return { model: fingerprint, tokens: tokens.length - from, width, layers, values }
  })

/** Read once a model, when it is first asked for. */
export const fingerprintIn = (model: OpenModel): Effect.Effect<string, FacetError> =>
  Effect.tryPromise({
    try: () => model.fingerprint(),
    catch: (cause) => asFacetError("Reading a model's fingerprint", cause),
  })
