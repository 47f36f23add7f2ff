/** Scoring a text, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import { checkNumber } from "../../words/Checks.ts"
import type { FacetError } from "../../words/Errors.ts"
import { mostAlternatives } from "../../words/GenerateOptions.ts"
import type { ScoreRequest } from "../../words/Request.ts"
import type { Score } from "../../words/Score.ts"
import { scoreText } from "../scoreText.ts"
import { askedBy, type EngineParts, tokensOf, told } from "./EngineParts.ts"

const alternativeCount = { min: 0, max: mostAlternatives, integer: true }

export const score = (
  { models, scheduler, scopes }: EngineParts,
  request: ScoreRequest,
): Effect.Effect<Score, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const { alternatives, text } = request
        if (alternatives !== undefined) {
          yield* checked(() => checkNumber("alternatives", alternatives, alternativeCount))
        }
        const loaded = yield* models.load(request.model)
        const { model } = loaded
        const tokens = yield* tokensOf(model, text)
        const interventions = yield* scopes.interventions(request, loaded)
        yield* models.openFor(model, [], interventions)
        return yield* told(scoreText({ scheduler, model, tokens, interventions, alternatives }), interventions)
      }),
    askedBy(request),
  )
