/** A text's embedding, and its activations pooled for probes, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import type { Embedding } from "../../words/Embedding.ts"
import type { FacetError } from "../../words/Errors.ts"
import type { Features, FeaturesRequest } from "../../words/Features.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { EmbedRequest } from "../../words/Request.ts"
import { checkLayer, type Site } from "../../words/Site.ts"
import { embeddingLayer, embedText, isEmptyText } from "../embedText.ts"
import { framedText } from "../framedTokens.ts"
import type { OpenModel } from "../OpenModel.ts"
import { poolText, probeSite } from "../poolText.ts"
import { rawTokens } from "../RequestTokens.ts"
import { askedBy, type EngineParts, layersOf } from "./EngineParts.ts"

export const embed = (
  { models, scheduler }: EngineParts,
  request: EmbedRequest,
): Effect.Effect<Embedding, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const { model } = yield* models.load(request.model)
        const site = yield* checked(() => embeddingSite(model, request))
        const tokens = yield* inSlices(() => rawTokens(model, request.text, "text"))
        // A text without tokens is not run, and so needs no tap, which may cost a new session.
        if (!isEmptyText(tokens)) yield* models.openFor(model, [site])
        return yield* embedText({ scheduler, model, tokens, site })
      }),
    askedBy(request),
  )

export const features = (
  { models, scheduler }: EngineParts,
  request: FeaturesRequest,
): Effect.Effect<Features, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const { model } = yield* models.load(request.model)
        const layers = yield* layersOf(model, request.layers)
        const framed = yield* inSlices(() => framedText(model, request))
        yield* models.openFor(model, layers.map(probeSite))
        return yield* poolText({ scheduler, model, layers, ...framed })
      }),
    askedBy(request),
  )

function embeddingSite(model: OpenModel, { layer }: EmbedRequest): Site {
  if (layer !== undefined) checkLayer(model.config.layers, layer)
  return { layer: layer ?? embeddingLayer(model.config), site: "resid_post" }
}
