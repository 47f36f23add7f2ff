/** Effect's `LanguageModel` over an open Facet. */
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { checked } from "../../words/checked.ts"
import type { GenerateOptions } from "../../words/GenerateOptions.ts"
import { Opened } from "../../words/Opened.ts"
import { effectJsonSchema } from "../../words/readEffectSchema.ts"
import { stream } from "../generate.ts"
import { AnswerParts } from "./AnswerParts.ts"
import { FacetConfig, type FacetConfigOptions, mergeConfig } from "./FacetConfig.ts"
import { toAiError } from "./toAiError.ts"
import { toChat } from "./toChat.ts"
import { codecTransformer } from "./codecTransformer.ts"
import { paramsReader, toTools } from "./toTools.ts"

const module = "LanguageModel"

/**
 * Effect's `LanguageModel`, answered by the text model of the Facet that is provided.
 *
 * `generateObject` holds the text to the schema while it is written. A blocked answer finishes with `content-filter`; a
 * blocked object fails with a `ContentPolicyError`, and one that `maxTokens` cut with a `StructuredOutputError`. The tools of
 * a toolkit are called with parameters of its schemas. Files and reasoning are refused by name. Our own error is
 * `error.reason.cause`.
 *
 * @param options of every call; `FacetConfig` has those of some
 * @example
 * const { text } = yield* LanguageModel.generateText({ prompt: "Tell me a story about a fox." }).pipe(
 *   Effect.provide(facetLanguageModel({ maxTokens: 20, guard: true })),
 * )
 * yield* Console.log(text)
 */
export const facetLanguageModel = (
  options: FacetConfigOptions = {},
): Layer.Layer<LanguageModel.LanguageModel, never, Opened> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    Effect.flatMap(Opened, (opened) => {
      const parts = (method: string, request: LanguageModel.ProviderOptions) =>
        Stream.provideService(answer(method, request, options), Opened, opened)
      return LanguageModel.make({
        codecTransformer,
        supportsSystemMessagesInHistory: Effect.succeed(true),
        streamText: (request) => parts("streamText", request),
        generateText: (request) => {
          const method = request.responseFormat.type === "json" ? "generateObject" : "generateText"
          return Stream.runCollect(parts(method, request)).pipe(
            Effect.map(wholeParts),
            Effect.tap((said) => (method === "generateObject" ? checkObject(said) : Effect.void)),
          )
        },
      })
    }),
  )

const answer = (
  method: string,
  request: LanguageModel.ProviderOptions,
  options: FacetConfigOptions,
): Stream.Stream<Response.StreamPartEncoded, AiError.AiError, Opened> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const call = yield* FacetConfig
      const form = yield* formOf(method, request)
      const asked = yield* checked(() => ({
        prompt: toChat(request.prompt),
        options: { ...mergeConfig(options, call), ...form, ...toTools(request) },
      })).pipe(Effect.mapError((error) => toAiError({ module, method }, error)))
      const said = new AnswerParts(paramsReader(request))
      return stream(asked.prompt, asked.options).pipe(
        Stream.mapError((error) => toAiError({ module, method }, error)),
        Stream.map((part) => said.pass(part)),
        Stream.flattenIterable,
      )
    }),
  )

function formOf(
  method: string,
  { responseFormat }: LanguageModel.ProviderOptions,
): Effect.Effect<Pick<GenerateOptions, "schema">, AiError.AiError> {
  if (responseFormat.type === "text") return Effect.succeed({})
  return Effect.try({
    try: () => ({ schema: effectJsonSchema(responseFormat.schema) }),
    catch: (cause) => {
      const description = cause instanceof Error ? cause.message : String(cause)
      return AiError.make({ module, method, reason: new AiError.UnsupportedSchemaError({ description }) })
    },
  })
}

/** The same in one piece: an answer's text, where it has one, what was called, and its finish. */
function wholeParts(parts: ReadonlyArray<Response.StreamPartEncoded>): Array<Response.PartEncoded> {
  const text = parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join("")
  const rest = parts.filter((part) => part.type === "tool-call" || part.type === "finish")
  return text === "" ? rest : [{ type: "text", text }, ...rest]
}

/** What was not written to its end is no object, and is not read as one. */
function checkObject(parts: ReadonlyArray<Response.PartEncoded>): Effect.Effect<void, AiError.AiError> {
  const finish = parts.find((part) => part.type === "finish")
  const responseText = parts.map((part) => (part.type === "text" ? part.text : "")).join("")
  const fail = (reason: AiError.AiErrorReason) =>
    Effect.fail(AiError.make({ module, method: "generateObject", reason }))
  switch (finish?.reason) {
    case "content-filter":
      return fail(
        new AiError.ContentPolicyError({
          description: "The guard held the answer back.",
          metadata: { facet: finish.metadata?.["facet"] ?? null },
        }),
      )
    case "length":
      return fail(
        new AiError.StructuredOutputError({
          description: "The object was cut before its end: raise `maxTokens`, or ask for a smaller one.",
          responseText,
        }),
      )
    default:
      return Effect.void
  }
}
