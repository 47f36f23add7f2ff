/** Tracing what the model was thinking at one site, or at all that have an autoencoder, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import { checkNumber } from "../../words/Checks.ts"
import { type FacetError, InvalidRequestError } from "../../words/Errors.ts"
import type { InspectAllRequest, InspectRequest } from "../../words/Request.ts"
import { checkLayer, type Site } from "../../words/Site.ts"
import type { Trace } from "../../words/Trace.ts"
import type { OpenModel } from "../OpenModel.ts"
import { rowsOfText } from "../rowsOfText.ts"
import { traceSites } from "../traceSites.ts"
import { traceText } from "../traceText.ts"
import { askedBy, defaultTopK, type EngineParts, featureCount, tokensOf, told } from "./EngineParts.ts"

export const inspect = (
  { models, scheduler, scopes }: EngineParts,
  request: InspectRequest,
): Effect.Effect<Trace, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const topK = request.topK ?? defaultTopK
        yield* checked(() => checkNumber("topK", topK, featureCount))
        const loaded = yield* models.load(request.model)
        const { model } = loaded
        const tokens = yield* tokensOf(model, request.text)
        const sae = topK === 0 ? undefined : yield* scopes.sae(loaded, request)
        const { layer, site } = sae === undefined ? yield* checked(() => rawSite(model, request)) : sae.entry
        const interventions = yield* scopes.interventions(request, loaded)
        yield* models.openFor(model, [{ layer, site }], interventions)
        const { activations } = request
        const where = { layer, site }
        const tracing = traceText({ scheduler, model, tokens, site: where, sae, topK, interventions, activations })
        return yield* told(tracing, interventions)
      }),
    askedBy(request),
  )

export const inspectAll = (
  { models, scheduler, scopes }: EngineParts,
  request: InspectAllRequest,
): Effect.Effect<ReadonlyArray<Trace>, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const topK = request.topK ?? defaultTopK
        yield* checked(() => checkNumber("topK", topK, { ...featureCount, min: 1 }))
        const loaded = yield* models.load(request.model)
        const { model } = loaded
        const tokens = yield* tokensOf(model, request.text)
        const { rows } = request
        if (rows !== undefined) {
          yield* checked(() => {
            for (const { layer } of rows.sites) checkLayer(model.config.layers, layer, "layers")
          })
          const interventions = yield* scopes.interventions(request, loaded)
          yield* models.openFor(model, rows.sites, interventions)
          return yield* told(rowsOfText({ scheduler, model, tokens, ...rows, interventions }), interventions)
        }
        const saes = yield* scopes.all(loaded)
        const interventions = yield* scopes.interventions(request, loaded)
        const sites = saes.map(({ entry: { layer, site } }) => ({ layer, site }))
        yield* models.openFor(model, sites, interventions)
        return yield* told(traceSites({ scheduler, model, tokens, saes, topK, interventions }), interventions)
      }),
    askedBy(request),
  )

function rawSite(model: OpenModel, request: InspectRequest): Site {
  if (request.layer === undefined) {
    throw new InvalidRequestError({
      option: "layer",
      problem: "without features (`topK: 0`) no autoencoder says which layer is meant, and none was named",
      remedy: `Use a whole number from 0 to ${model.config.layers - 1}.`,
    })
  }
  checkLayer(model.config.layers, request.layer)
  return { layer: request.layer, site: request.site ?? "resid_post" }
}
