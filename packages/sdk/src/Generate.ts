/** The effect `generate`: what the model says, and how guards and traces compose onto it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { GenerateRequest, TraceRequest } from "./engine/Request.ts"
import { checkGenerate } from "./engine/RequestCheck.ts"
import type { SamplingOptions } from "./engine/Sampler.ts"
import { type FacetError, invalidRequest } from "./Errors.ts"
import type { EnginePart, FinishPart, Generation, GenerationPart, TracePart } from "./Generation.ts"
import { readSite } from "./Inspect.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import { OutputGuard, type OutputMode } from "./OutputGuard.ts"
import { type Policy, resolvePolicies } from "./Policy.ts"
import { lastUserText, type Prompt, toMessages, userText } from "./Prompt.ts"
import { checked, checkKnown } from "./RequestError.ts"
import { judge } from "./Shield.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

export interface GuardOptions {
  /** Judge what the user wrote before the model sees it. */
  readonly input?: boolean | undefined
  /** Release what the model says only after it was judged: sentence by sentence (`window`) or all at once (`buffer`). */
  readonly output?: OutputMode | undefined
  /** Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy> | undefined
}

export interface TraceOptions {
  /** From 0. Default: the latest layer that has an autoencoder. */
  readonly layer?: number | undefined
  /** Default: `resid_post`. */
  readonly site?: string | undefined
  /** Features a token, strongest first. Default 5. */
  readonly topK?: number | undefined
}

/** How tokens are chosen (`SamplingOptions`), when the text ends, and what goes with it. */
export interface GenerateOptions extends SamplingOptions {
  /** `chat` (default): the prompt is a chat, or its only turn. `none`: the text is continued as it is. */
  readonly template?: "chat" | "none" | undefined
  /** At most so many tokens; at least 1. Default: as many as the context holds. */
  readonly maxTokens?: number | undefined
  /** The text ends before the first of these. */
  readonly stop?: string | ReadonlyArray<string> | undefined
  /** `true`, or options that name neither side, is `{ input: true, output: "window" }`. */
  readonly guard?: boolean | GuardOptions | undefined
  /** Features of the completion's tokens, out of the same forward passes. `true` is one trace at the default site. */
  readonly trace?: boolean | TraceOptions | ReadonlyArray<TraceOptions> | undefined
}

/**
 * What the model says, part by part; the last one is the finish.
 *
 * @example
 * const parts = stream("Tell me a story about a fox.", { trace: { layer: 4 } })
 * yield* Stream.runForEach(parts, (part) => Console.log(part))
 */
export const stream = (
  prompt: Prompt,
  options: GenerateOptions = {},
): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const { engine, text: model } = yield* Opened
      const request = yield* checked(() => readRequest(model, prompt, options))
      const guard = yield* checked(() => readGuard(options.guard))
      const startedAt = performance.now()
      const input = guard.input ? yield* judge(userText(prompt), guard.policies, false) : undefined
      const said =
        input?.flagged === true
          ? Stream.succeed(blocked(startedAt))
          : guarded(engine.generate(request), prompt, guard, startedAt)
      return input === undefined ? said : Stream.concat(Stream.succeed(verdictPart(input)), said)
    }),
  ).pipe(Stream.withSpan("facet.generate"))

/**
 * What the model says, all at once.
 *
 * @example
 * const { text } = yield* generate("Tell me a story about a fox.")
 */
export const generate = (
  prompt: Prompt,
  options: GenerateOptions = {},
): Effect.Effect<Generation, FacetError, Opened> =>
  Effect.map(Stream.runCollect(stream(prompt, options)), (parts) => collect(prompt, parts))

/** Puts the parts of a stream together. */
export function collect(prompt: Prompt, parts: ReadonlyArray<GenerationPart>): Generation {
  const verdicts: { input?: Verdict; output?: Verdict } = {}
  const traces = new Map<string, Trace>()
  let text = ""
  let finish: FinishPart | undefined
  for (const part of parts) {
    if (part.type === "text") text += part.text
    else if (part.type === "verdict") verdicts[part.of] = part.verdict
    else if (part.type === "trace") appendTrace(traces, part)
    else finish = part
  }
  if (finish === undefined) {
    throw invalidRequest("parts", "they have no finish", "Pass all parts of a stream that came to its end.")
  }
  const { finishReason, timings, tokens, usage } = finish
  return { prompt, text, finishReason, usage, timings, tokens, verdicts, traces: [...traces.values()] }
}

function appendTrace(traces: Map<string, Trace>, { layer, site, tokens }: TracePart): void {
  const key = `${site}.${layer}`
  traces.set(key, { site, layer, tokens: [...(traces.get(key)?.tokens ?? []), ...tokens] })
}

const guarded = (
  parts: Stream.Stream<EnginePart, FacetError>,
  prompt: Prompt,
  { output: mode, policies }: Guard,
  startedAt: number,
): Stream.Stream<GenerationPart, FacetError, Opened> => {
  if (mode === undefined) return Stream.filter(parts, (part) => part.type !== "start")
  const question = lastUserText(prompt)
  const output = new OutputGuard(mode, (response) => judge({ prompt: question, response }, policies, true), startedAt)
  return parts.pipe(
    Stream.mapEffect((part) => output.take(part)),
    Stream.flattenIterable,
    // A blocking finish interrupts the model, which may be in the middle of a sentence.
    Stream.takeUntil((part) => part.type === "finish"),
  )
}

const verdictPart = (verdict: Verdict): GenerationPart => ({ type: "verdict", of: "input", verdict })

/** The finish of a generation whose prompt was not let in: the model was never asked. */
const blocked = (startedAt: number): GenerationPart => ({
  type: "finish",
  finishReason: "blocked",
  usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0 },
  timings: { firstTokenMs: 0, totalMs: performance.now() - startedAt, tokensPerSecond: 0 },
  tokens: { prompt: [], completion: [] },
})

/** A guard as it was understood: whatever is wrong with it is said before anything runs. */
interface Guard {
  readonly input: boolean
  readonly output: OutputMode | undefined
  readonly policies: ReadonlyArray<Policy>
}

function readGuard(guard: GenerateOptions["guard"]): Guard {
  if (guard === undefined || guard === false) return { input: false, output: undefined, policies: [] }
  const options: GuardOptions = guard === true ? {} : guard
  checkKnown(options, ["input", "output", "policies"], "guard")
  const { input, output, policies } = options
  if (input !== undefined && typeof input !== "boolean") {
    throw invalidRequest("guard.input", `${typeof input} where true or false is expected`, "Pass true or false.")
  }
  if (output !== undefined && output !== "window" && output !== "buffer") {
    throw invalidRequest(
      "guard.output",
      `"${String(output)}" is not a mode`,
      'Use "window" or "buffer", or leave it out.',
    )
  }
  if (input === false && output === undefined) {
    throw invalidRequest(
      "guard",
      "it guards neither what comes in nor what goes out",
      "Leave it out, or name one of both.",
    )
  }
  const resolved = resolvePolicies(policies)
  // Whoever names neither side means both.
  const isBoth = input === undefined && output === undefined
  return isBoth
    ? { input: true, output: "window", policies: resolved }
    : { input: input ?? false, output, policies: resolved }
}

const knownOptions = [
  "template",
  "maxTokens",
  "temperature",
  "topK",
  "topP",
  "minP",
  "repetitionPenalty",
  "presencePenalty",
  "frequencyPenalty",
  "logitBias",
  "seed",
  "stop",
  "guard",
  "trace",
] as const satisfies ReadonlyArray<keyof GenerateOptions>

function readRequest(model: GenerateRequest["model"], prompt: Prompt, options: GenerateOptions): GenerateRequest {
  checkPrompt(prompt)
  checkKnown(options, knownOptions)
  const { guard: _guard, logitBias, stop, trace, ...rest } = options
  if (logitBias !== undefined) checkPlain("logitBias", logitBias)
  const request: GenerateRequest = {
    ...rest,
    model,
    prompt,
    stop: stop === undefined ? undefined : typeof stop === "string" ? [stop] : stop,
    // Keys of an object are strings, whatever TypeScript calls them.
    logitBias: logitBias as Readonly<Record<string, number>> | undefined,
    traces: readTraces(trace),
  }
  // Whatever can be judged without the model is refused before it travels.
  checkGenerate(request, Number.MAX_SAFE_INTEGER)
  if (options.template !== undefined && options.template !== "chat" && options.template !== "none") {
    throw invalidRequest("template", `"${String(options.template)}" is not a template`, 'Use "chat" or "none".')
  }
  return request
}

/** A Map has no own keys, so its entries would be lost in silence. */
function checkPlain(option: string, value: object): void {
  if (typeof value === "object" && value !== null && !(value instanceof Map)) return
  throw invalidRequest(option, "it is not a plain object", "Use an object of token ids and numbers: { 235: -5 }.")
}

function checkPrompt(prompt: Prompt): void {
  if (typeof prompt === "string") return checkUnicode("prompt", prompt)
  if (!Array.isArray(prompt))
    throw invalidRequest("prompt", `${typeof prompt} where a prompt is expected`, "Pass a text, or a list of messages.")
  for (const [i, message] of toMessages(prompt).entries()) {
    checkUnicode(`messages[${i}].content`, message?.content)
    if (!["system", "user", "assistant", "model"].includes(message.role)) {
      throw invalidRequest(
        `messages[${i}].role`,
        `"${String(message.role)}" is not a role`,
        "Use system, user or assistant.",
      )
    }
  }
}

function readTraces(trace: GenerateOptions["trace"]): ReadonlyArray<TraceRequest> {
  if (trace === undefined || trace === false) return []
  const list = trace === true ? [{}] : Array.isArray(trace) ? trace : [trace]
  return list.map((options: TraceOptions) => {
    checkKnown(options, ["layer", "site", "topK"], "trace")
    return { ...readSite(options), topK: options.topK }
  })
}
