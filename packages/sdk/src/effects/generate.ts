/** The effect `generate`: what the model says, and how guards and traces compose onto it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { AnswerSchema, ValueOf } from "../words/AnswerSchema.ts"
import { CacheSalt } from "../words/CacheSalt.ts"
import type { JsonSchema } from "../words/Constraint.ts"
import { Client } from "../words/Client.ts"
import { checked } from "../words/checked.ts"
import { asFacetError, type FacetError } from "../words/Errors.ts"
import { type GenerateOptions, readGenerateOptions } from "../words/GenerateOptions.ts"
import { collect, type Generation, type GenerationPart } from "../words/Generation.ts"
import { loadAndCheckForm, loadAnswerSchema, loadToolSchemas } from "../words/loadAnswerSchema.ts"
import { type GuardPlan, readGuardOptions } from "../words/GuardOptions.ts"
import { Opened } from "../words/Opened.ts"
import { loadCode } from "../words/loadCode.ts"
import { holdsToolCalls, type Prompt, readPrompt } from "../words/Prompt.ts"
import type { GenerateRequest } from "../words/Request.ts"
import type { ToolFormat } from "../words/ToolFormat.ts"
import { FinishLogprobs } from "./FinishLogprobs.ts"
import type { guarded as guardedGeneration } from "./guarded.ts"
import type { CallingPart, ToolUse } from "./tools/ToolUse.ts"

/**
 * What the model says, part by part; the last one is the finish.
 *
 * @example
 * const parts = stream("Tell me a story about a fox.", { trace: { layer: 4 } })
 * yield* Stream.runForEach(parts, (part) => Console.log(part))
 */
export const stream = <const S extends AnswerSchema = never>(
  prompt: Prompt,
  options: GenerateOptions<S> = {},
): Stream.Stream<GenerationPart<ValueOf<S>>, FacetError, Opened> => {
  const { schema, ...rest } = options
  // Without a schema there is no value.
  if (schema === undefined) return say(prompt, rest) as Stream.Stream<GenerationPart<never>, FacetError, Opened>
  return Stream.unwrap(
    Effect.map(
      attempt(() => loadAnswerSchema(schema)),
      ({ json, objects }) =>
        say(prompt, { ...rest, schema: json }).pipe(Stream.mapEffect((part) => attempt(() => objects.pass(part)))),
    ),
  )
}

const attempt = <A>(work: () => Promise<A>): Effect.Effect<A, FacetError> =>
  Effect.tryPromise({ try: work, catch: (cause) => asFacetError("Reading the answer", cause) })

const say = (prompt: Prompt, options: GenerateOptions<JsonSchema>): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { description, text } = yield* Opened
      const { engine, model } = text
      const asking = { cacheSalt: yield* CacheSalt, client: yield* Client }
      const read = (prompt: Prompt) =>
        Effect.gen(function* () {
          const use = yield* toolUse(prompt, options, description.toolFormat)
          return { request: yield* checked(() => ({ ...readRequest(model, prompt, options, use), ...asking })), use }
        })
      const { request, use } = yield* read(prompt)
      if (request.constraint !== undefined) yield* attempt(() => loadAndCheckForm(request))
      const guard = yield* checked(() => readGuard(options.guard))
      const say = (asked: GenerateRequest): Stream.Stream<CallingPart, FacetError> => {
        const said = engine.generate(asked)
        return use === undefined ? said : Stream.flattenIterable(Stream.map(said, use.reading()))
      }
      const again = (prompt: Prompt) => Effect.runPromise(read(prompt))
      const parts = guard === undefined ? unguarded(say(request)) : guarded(say, { request, use }, guard, prompt, again)
      return request.logprobs === undefined ? parts : withFinishLogprobs(parts)
    }),
  ).pipe(Stream.withSpan("facet.generate"))

/**
 * What the model says, all at once.
 *
 * @example
 * const { text } = yield* generate("Tell me a story about a fox.")
 */
export const generate = <const S extends AnswerSchema = never>(
  prompt: Prompt,
  options: GenerateOptions<S> = {},
): Effect.Effect<Generation<ValueOf<S>>, FacetError, Opened> =>
  Effect.map(Stream.runCollect(stream(prompt, options)), (parts) => collect(prompt, parts))

/** What tools need is read where there are some: a page that has none loads none of it. */
export const toolUse = (
  prompt: Prompt,
  options: GenerateOptions<JsonSchema>,
  format: ToolFormat | undefined,
): Effect.Effect<ToolUse | undefined, FacetError> => {
  const { parallelToolCalls, toolChoice, tools } = options
  const isAsked = [parallelToolCalls, toolChoice, tools].some((option) => option !== undefined)
  if (!isAsked && !holdsToolCalls(prompt)) return Effect.succeed(undefined)
  return Effect.tryPromise({
    try: async () => {
      const { ToolUse } = await loadCode(() => import("./tools/ToolUse.ts"))
      return new ToolUse(prompt, { ...options, tools: await loadToolSchemas(tools) }, format)
    },
    catch: (cause) => asFacetError("Reading the tools", cause),
  })
}

const unguarded = (parts: Stream.Stream<CallingPart, FacetError>): Stream.Stream<GenerationPart, FacetError> =>
  Stream.filter(parts, (part) => part.type !== "start")

/** What a guard needs comes where there is one; without it nothing is said. */
const guarded = (...asked: Parameters<typeof guardedGeneration>): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.map(
      attempt(() => loadCode(() => import("./guarded.ts"))),
      (code) => code.guarded(...asked),
    ),
  )

const withFinishLogprobs = <R>(
  parts: Stream.Stream<GenerationPart, FacetError, R>,
): Stream.Stream<GenerationPart, FacetError, R> => {
  const finish = new FinishLogprobs()
  return Stream.map(parts, (part) => finish.pass(part))
}

function readGuard(guard: GenerateOptions["guard"]): GuardPlan | undefined {
  if (guard === undefined || guard === false) return undefined
  return readGuardOptions(guard === true ? {} : guard)
}

/** Calls and results travel where the model's template has a place for them. */
export function promptOf(prompt: Prompt, use: ToolUse | undefined): Pick<GenerateRequest, "prompt" | "tools"> {
  if (use?.told !== undefined) return { prompt: use.prompt, tools: use.told }
  return { prompt: readPrompt(use?.prompt ?? prompt) }
}

function readRequest(
  model: GenerateRequest["model"],
  prompt: Prompt,
  options: GenerateOptions<JsonSchema>,
  use: ToolUse | undefined,
) {
  return {
    ...readGenerateOptions(use?.options ?? options),
    model,
    ...promptOf(prompt, use),
  }
}
