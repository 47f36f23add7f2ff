/** The effects `lens` and `featureLogits`: what a model would say at a layer, and what a feature makes it say. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import type { FacetError } from "../words/Errors.ts"
import { readInterventions } from "../words/Intervention.ts"
import {
  checkFeatureLogitsOptions,
  checkLensOptions,
  type FeatureLogits,
  type FeatureLogitsOptions,
  type Lens,
  type LensOptions,
} from "../words/Lens.ts"
import { Opened } from "../words/Opened.ts"
import { readTextOrTokens, type TokenPrompt } from "../words/Prompt.ts"
import { readSite } from "../words/Site.ts"

/**
 * The logit lens: for each token of a text, taken raw, and each layer, the tokens that would follow if the model stopped there.
 * `resid_post` of the layer goes through the last norm and the head; the last layer's is what the model says.
 *
 * Each layer costs as much as reading the text once more. The first call has the session opened again.
 *
 * Fails with an `InvalidRequestError` for a layer that is not there, and a `ContextOverflowError` for a text that is too long.
 *
 * @example
 * const { layers } = yield* lens("Once upon a", { layers: [5], topK: 1 })
 * console.log(JSON.stringify(layers[0]?.next.at(-1)?.[0]?.token)) // => " time"
 */
export const lens = Effect.fn("facet.lens")(function* (
  text: string | TokenPrompt,
  options: LensOptions = {},
): Effect.fn.Return<Lens, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkLensOptions(options))
  const input = yield* checked(() => readTextOrTokens(text))
  const interventions = yield* checked(() => readInterventions(options.interventions))
  const { layers, topK = 3 } = options
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.lens({ model, text: input, layers, topK, interventions, ...asking })
})

/**
 * Direct logit attribution: the tokens that a feature makes likelier and less likely by itself, past all layers behind it:
 * `W_dec[feature] * gain @ W_U`, with the last norm's gain, without its division and without the soft-cap. So much an activation
 * of 1 adds to a token's logit, times what the norm divides by.
 *
 * Fails with an `InvalidRequestError` for a feature, layer or site that is not there, or one that does not write to the residual
 * stream.
 *
 * @example
 * const { features } = yield* featureLogits({ layer: 4, features: [519], topK: 3 })
 * features[0]?.promoted.map(({ token }) => token)
 */
export const featureLogits = Effect.fn("facet.featureLogits")(function* (
  options: FeatureLogitsOptions,
): Effect.fn.Return<FeatureLogits, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkFeatureLogitsOptions(options))
  const where = yield* checked(() => readSite(options))
  const { features, topK = 10 } = options
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.featureLogits({ model, ...where, features, topK, ...asking })
})
