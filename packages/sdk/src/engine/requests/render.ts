/** What a prompt is rendered to, and text of tokens, as an engine does it. */
import * as Effect from "effect/Effect"
import { checked } from "../../words/checked.ts"
import type { FacetError } from "../../words/Errors.ts"
import { inSlices } from "../../words/inSlices.ts"
import type { RenderedPrompt } from "../../words/RenderedPrompt.ts"
import type { DetokeniseRequest, RenderRequest } from "../../words/Request.ts"
import { checkVocabulary, promptTokens } from "../RequestTokens.ts"
import { decodeInSlices, spell } from "../spell.ts"
import { askedBy, type EngineParts } from "./EngineParts.ts"

export const render = (
  { models, scheduler }: EngineParts,
  request: RenderRequest,
): Effect.Effect<RenderedPrompt, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const { model } = yield* models.load(request.model)
        const tokens = yield* inSlices(() => promptTokens(model, request))
        return { tokens, text: yield* inSlices(() => spell(model.tokenizer, tokens)) }
      }),
    askedBy(request),
  )

export const detokenise = (
  { models, scheduler }: EngineParts,
  request: DetokeniseRequest,
): Effect.Effect<string, FacetError> =>
  scheduler.admit(
    () =>
      Effect.gen(function* () {
        const { model } = yield* models.load(request.model)
        const tokens = yield* checked(() => checkVocabulary("tokens", request.tokens, model.config.vocabSize))
        return yield* inSlices(() => decodeInSlices(model.tokenizer, tokens))
      }),
    askedBy(request),
  )
