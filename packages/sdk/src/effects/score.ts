/** The effect `score`: how likely a text is. */
import * as Effect from "effect/Effect"
import { CacheSalt } from "../words/CacheSalt.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { checkKnown } from "../words/Checks.ts"
import type { FacetError } from "../words/Errors.ts"
import { readInterventions } from "../words/Intervention.ts"
import { Opened } from "../words/Opened.ts"
import { readTextOrTokens, type TokenPrompt } from "../words/Prompt.ts"
import type { Score, ScoreOptions } from "../words/Score.ts"

/**
 * The log-probability of each token of a text, taken raw (`<bos>` first, no chat template), given those before it; or of
 * tokens as they are, such as those of a chat that `tokens.render()` gives.
 *
 * @example
 * const { perplexity } = yield* score("The dog sleeps.")
 */
export const score = Effect.fn("facet.score")(function* (
  text: string | TokenPrompt,
  options: ScoreOptions = {},
): Effect.fn.Return<Score, FacetError, Opened> {
  const { engine, model } = (yield* Opened).text
  yield* checked(() => checkKnown(options, ["alternatives", "interventions"]))
  const input = yield* checked(() => readTextOrTokens(text))
  const interventions = yield* checked(() => readInterventions(options.interventions))
  const { alternatives } = options
  const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
  return yield* engine.score({ model, text: input, alternatives, interventions, ...asking })
})
