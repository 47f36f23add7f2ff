/** The effect `generate`: what the model says, and how guards and traces compose onto it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { GenerateRequest, TraceRequest } from "./engine/Request.ts"
import { checkGenerate } from "./engine/RequestCheck.ts"
import type { SamplingOptions } from "./engine/Sampler.ts"
import { type FacetError, invalidRequest } from "./Errors.ts"
import { FinishLogprobs } from "./FinishLogprobs.ts"
import type { EnginePart, FinishPart, Generation, GenerationPart, TracePart, VerdictPart } from "./Generation.ts"
import { makeJudges } from "./guard/Guard.ts"
import { GuardedGeneration } from "./guard/GuardedGeneration.ts"
import { guardFrames } from "./guard/guardFrames.ts"
import { type GuardOptions, type GuardPlan, readGuardOptions } from "./guard/GuardOptions.ts"
import { readSite } from "./Inspect.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import type { Prompt } from "./Prompt.ts"
import { lastUserText, toMessages, userText } from "./promptTexts.ts"
import { checked, checkKnown } from "./RequestError.ts"
import type { TokenLogprob } from "./TokenLogprob.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

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
  /** `true` is a guard on both sides: `{ input: "before", mode: "window" }`. */
  readonly guard?: boolean | GuardOptions | undefined
  /** Features of the completion's tokens, out of the same forward passes. `true` is one trace at the default site. */
  readonly trace?: boolean | TraceOptions | ReadonlyArray<TraceOptions> | undefined
  /**
   * Log-probabilities of the completion's tokens: `true` for the chosen ones alone, a number from 0 to 20 for so many of
   * the likeliest at each place beside them, the likeliest first. They are the model's own, after its final soft-cap and
   * before temperature, penalties, bias and filters, as in OpenAI's API: so the chosen token need not be the likeliest.
   */
  readonly logprobs?: boolean | number | undefined
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
      const said = engine.generate(request)
      const parts = guard === undefined ? unguarded(said) : guarded(said, prompt, guard)
      return request.logprobs === undefined ? parts : withFinishLogprobs(parts)
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
  const logprobs: Array<TokenLogprob> = []
  let text = ""
  let finish: FinishPart | undefined
  for (const part of parts) {
    if (part.type === "text") text += part.text
    else if (part.type === "verdict") note(verdicts, part)
    else if (part.type === "trace") appendTrace(traces, part)
    else if (part.type === "finish") finish = part
    if ("logprobs" in part) logprobs.push(...(part.logprobs ?? []))
  }
  if (finish === undefined) {
    throw invalidRequest("parts", "they have no finish", "Pass all parts of a stream that came to its end.")
  }
  const { finishReason, guard, timings, tokens, usage } = finish
  const plain = { prompt, text, finishReason, usage, timings, tokens, verdicts, traces: [...traces.values()] }
  const generation = guard === undefined ? plain : { ...plain, guard }
  // Where they were asked for, the finish has a list of them, be it empty.
  return finish.logprobs === undefined ? generation : { ...generation, logprobs }
}

/** A verdict that flagged something stays: an audit goes on after it. */
function note(verdicts: { input?: Verdict; output?: Verdict }, { of, verdict }: VerdictPart): void {
  if (verdicts[of]?.flagged !== true) verdicts[of] = verdict
}

function appendTrace(traces: Map<string, Trace>, { layer, site, tokens }: TracePart): void {
  const key = `${site}.${layer}`
  traces.set(key, { site, layer, tokens: [...(traces.get(key)?.tokens ?? []), ...tokens] })
}

const unguarded = (parts: Stream.Stream<EnginePart, FacetError>): Stream.Stream<GenerationPart, FacetError> =>
  Stream.filter(parts, (part) => part.type !== "start")

const guarded = (
  parts: Stream.Stream<EnginePart, FacetError>,
  prompt: Prompt,
  plan: GuardPlan,
): Stream.Stream<GenerationPart, FacetError, Opened> =>
  Stream.suspend(() => {
    const generation = new GuardedGeneration(performance.now())
    const judges = makeJudges(plan)
    const question = lastUserText(prompt)
    return guardFrames({
      plan,
      source: Stream.map(parts, (part) => generation.frame(part)),
      judgeInput: judges.input(userText(prompt)),
      judgeOutput: ({ text }) => judges.output(question, text),
    }).pipe(
      Stream.mapEffect((part) => generation.parts(part)),
      Stream.flattenIterable,
    )
  })

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
  "logprobs",
] as const satisfies ReadonlyArray<keyof GenerateOptions>

function readRequest(model: GenerateRequest["model"], prompt: Prompt, options: GenerateOptions): GenerateRequest {
  checkPrompt(prompt)
  checkKnown(options, knownOptions)
  const { guard: _guard, logitBias, logprobs, stop, trace, ...rest } = options
  if (logitBias !== undefined) checkPlain("logitBias", logitBias)
  const request: GenerateRequest = {
    ...rest,
    model,
    // Of other people's messages only what is read travels: the rest may be what no thread can be sent.
    prompt: typeof prompt === "string" ? prompt : prompt.map(({ content, role }) => ({ role, content })),
    stop: stop === undefined ? undefined : typeof stop === "string" ? [stop] : stop,
    // Keys of an object are strings, whatever TypeScript calls them.
    logitBias: logitBias as Readonly<Record<string, number>> | undefined,
    traces: readTraces(trace),
    // The chosen token alone is one without alternatives.
    logprobs: logprobs === true ? 0 : logprobs === false ? undefined : logprobs,
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
