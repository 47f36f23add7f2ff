/** Features by their labels, as an engine finds them: nothing is run. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../../words/Errors.ts"
import type { FoundFeature } from "../../words/FeatureSearch.ts"
import type { FeatureSearchRequest } from "../../words/Request.ts"
import { askedBy, type EngineParts } from "./EngineParts.ts"

export const searchFeatures = (
  { models, scheduler, scopes }: EngineParts,
  request: FeatureSearchRequest,
): Effect.Effect<ReadonlyArray<FoundFeature>, FacetError> =>
  scheduler.admit(
    () => Effect.flatMap(models.load(request.model), (loaded) => scopes.search(loaded, request)),
    askedBy(request),
  )
