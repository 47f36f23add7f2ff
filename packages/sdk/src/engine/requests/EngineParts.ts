/** What answers requests: the parts of one engine. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import { causedByInterventions, type FacetError } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { Asking } from "../../words/Request.ts"
import { checkLayer } from "../../words/Site.ts"
import type { Afterwork } from "../Afterwork.ts"
import type { EngineOptions } from "../EngineOptions.ts"
import type { Interventions } from "../Interventions.ts"
import type { Models } from "../Models.ts"
import type { OpenModel } from "../OpenModel.ts"
import { checkVocabulary, rawTokens } from "../RequestTokens.ts"
import type { Asked, Scheduler } from "../Scheduler.ts"
import type { Scopes } from "../Scopes.ts"

export interface EngineParts {
  readonly options: EngineOptions
  readonly scheduler: Scheduler
  readonly models: Models
  readonly scopes: Scopes
  /** What is done while nobody waits. */
  readonly afterwork: Afterwork
}

/** Features a token when nobody says how many. */
export const defaultTopK = 5

/** How many features a token may be asked for. */
export const featureCount = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }

/** Whom a request is counted to: one of nobody's is its salt's. */
export const askedBy = ({ cacheSalt = "", client }: Asking): Asked => ({
  client: client ?? (cacheSalt === "" ? undefined : cacheSalt),
})

/** A text's tokens, taken raw; or those that were given, as they are. */
export const tokensOf = (
  model: OpenModel,
  text: string | ReadonlyArray<number>,
): Effect.Effect<ReadonlyArray<number>, FacetError> =>
  typeof text === "string"
    ? inSlices(() => rawTokens(model, text, "text"))
    : checked(() => checkVocabulary("text", text, model.config.vocabSize))

/** The layers that were named, or all of them. */
export const layersOf = (
  { config }: OpenModel,
  named: ReadonlyArray<number> | undefined,
): Effect.Effect<ReadonlyArray<number>, FacetError> => {
  if (named === undefined) return Effect.succeed(Array.from({ length: config.layers }, (_, layer) => layer))
  return checked(() => {
    for (const [i, layer] of named.entries()) checkLayer(config.layers, layer, `layers[${i}]`)
    return named
  })
}

/** Tells of numbers that are none what is the likelier cause of them. */
export const told = <A>(work: Effect.Effect<A, FacetError>, { key }: Interventions): Effect.Effect<A, FacetError> =>
  key === "" ? work : Effect.mapError(work, causedByInterventions)
