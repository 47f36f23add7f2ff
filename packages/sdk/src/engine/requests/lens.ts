/** What layers and features say of the next token, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import type { FacetError } from "../../words/Errors.ts"
import type { FeatureLogits, Lens } from "../../words/Lens.ts"
import type { FeatureLogitsRequest, LensRequest } from "../../words/Request.ts"
import { checkWrites } from "../explain/checkWrites.ts"
import { featureLogits as featureLogitsOf } from "../explain/featureLogits.ts"
import { lensText } from "../explain/lensText.ts"
import { siteOf } from "../Scopes.ts"
import { askedBy, type EngineParts, layersOf, tokensOf, told } from "./EngineParts.ts"

export const lens = (
  { models, scheduler, scopes }: EngineParts,
  request: LensRequest,
): Effect.Effect<Lens, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const loaded = yield* models.load(request.model)
        const { model } = loaded
        const tokens = yield* tokensOf(model, request.text)
        const layers = yield* layersOf(model, request.layers)
        const interventions = yield* scopes.interventions(request, loaded)
        const sites = layers.map((layer) => ({ layer, site: "resid_post" as const }))
        yield* models.openFor(model, sites, interventions)
        yield* models.openToRead(model)
        const { topK } = request
        return yield* told(lensText({ scheduler, model, tokens, layers, topK, interventions }), interventions)
      }),
    askedBy(request),
  )

export const featureLogits = (
  { models, scheduler, scopes }: EngineParts,
  request: FeatureLogitsRequest,
): Effect.Effect<FeatureLogits, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const loaded = yield* models.load(request.model)
        const { model } = loaded
        const { features, topK } = request
        const found = yield* scopes.features(loaded, siteOf(request))
        yield* checked(() => {
          for (const [i, index] of features.entries()) found.sae.checkIndex(`features[${i}]`, index)
          checkWrites(found.sae.site, "site")
        })
        yield* models.openToRead(model)
        return yield* featureLogitsOf({ scheduler, model, ...found, features, topK })
      }),
    askedBy(request),
  )
