/** The effect `searchFeatures`: features by what their labels say. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkFeatureSearch } from "../words/checkFeatureSearch.ts"
import type { FacetError } from "../words/Errors.ts"
import type { FeatureSearchOptions, FoundFeature } from "../words/FeatureSearch.ts"
import { Opened } from "../words/Opened.ts"
import { readSite } from "../words/Site.ts"

/**
 * Features of all open autoencoders whose labels have all words of a query, whatever their case: those first that have them as
 * whole words, and of those the shorter labels. Nothing is run.
 *
 * Fails with an `InvalidRequestError` for an empty query, a layer or site without autoencoders, or where none were opened.
 *
 * @example
 * const [first] = yield* searchFeatures("night", { layer: 4 })
 */
export const searchFeatures = Effect.fn("facet.searchFeatures")(function* (
  query: string,
  options: FeatureSearchOptions = {},
): Effect.fn.Return<ReadonlyArray<FoundFeature>, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkFeatureSearch(query, options))
  const where = yield* checked(() => readSite(options))
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.searchFeatures({ model, query, ...where, topK: options.topK ?? 20, ...asking })
})
