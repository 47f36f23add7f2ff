/** The effect `score`: how likely a text is. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkUnicode } from "../words/Checks.ts"
import type { FacetError } from "../words/Errors.ts"
import { Opened } from "../words/Opened.ts"
import type { Score } from "../words/Score.ts"

/**
 * The log-probability of each token of a text, taken raw, given those before it.
 *
 * @example
 * const { perplexity } = yield* score("The dog sleeps.")
 */
export const score = Effect.fn("facet.score")(function* (text: string): Effect.fn.Return<Score, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkUnicode("text", text))
  return yield* engine.score({ model, text, cacheSalt: yield* CacheSalt, client: yield* Client })
})
