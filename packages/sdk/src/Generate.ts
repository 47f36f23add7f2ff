/** The effect `generate`: what the model says, and how guards and traces compose onto it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { GenerateRequest, TraceRequest } from "./engine/Request.ts"
import { checkGenerate } from "./engine/RequestCheck.ts"
import { type FacetError, InvalidRequestError } from "./Errors.ts"
import type { FinishPart, Generation, GenerationPart, TracePart } from "./Generation.ts"
import { readSite } from "./Inspect.ts"
import { checkUnicode } from "./model/Unicode.ts"
import { Opened } from "./Opened.ts"
import { OutputGuard, type OutputMode } from "./OutputGuard.ts"
import type { Policy } from "./Policy.ts"
import { lastUserText, type Prompt, toMessages, userText } from "./Prompt.ts"
import { checked, checkKnown } from "./RequestError.ts"
import { shield } from "./Shield.ts"
import type { Trace } from "./Trace.ts"
import type { Verdict } from "./Verdict.ts"

export interface GuardOptions {
  /** Judge what the user wrote before the model sees it. */
  readonly input?: boolean
  /** Release what the model says only after it was judged: sentence by sentence (`window`) or all at once (`buffer`). */
  readonly output?: OutputMode
  /** Default: the four of ShieldGemma. */
  readonly policies?: ReadonlyArray<string | Policy>
}

export interface TraceOptions {
  /** From 0. Default: the latest layer that has an autoencoder. */
  readonly layer?: number
  /** Default: `resid_post`. */
  readonly site?: string
  /** Features a token, strongest first. Default 5. */
  readonly topK?: number
}

export interface GenerateOptions {
  /** `chat` (default): the prompt is a chat, or its only turn. `none`: the text is continued as it is. */
  readonly template?: "chat" | "none"
  /** At most so many tokens; at least 1. Default: as many as the context holds. */
  readonly maxTokens?: number
  /** Default 0: greedy. */
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly repetitionPenalty?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  /** Added to the logits of single tokens, by id. */
  readonly logitBias?: Readonly<Record<number, number>>
  /** The same seed, the same text. */
  readonly seed?: number
  /** The text ends before the first of these. */
  readonly stop?: string | ReadonlyArray<string>
  /** `true` is `{ input: true, output: "window" }`. */
  readonly guard?: boolean | GuardOptions
  /** Features of the completion's tokens, out of the same forward passes. `true` is one trace at the default site. */
  readonly trace?: boolean | TraceOptions | ReadonlyArray<TraceOptions>
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
      const input = guard.input === true ? yield* shield(userText(prompt), policiesOf(guard)) : undefined
      const said =
        input?.flagged === true ? Stream.succeed(blocked(startedAt)) : guarded(engine.generate(request), prompt, guard)
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
  if (finish === undefined) throw new Error("a generation ended without a finish")
  const { finishReason, timings, tokens, usage } = finish
  return { prompt, text, finishReason, usage, timings, tokens, verdicts, traces: [...traces.values()] }
}

function appendTrace(traces: Map<string, Trace>, { layer, site, tokens }: TracePart): void {
  const key = `${site}.${layer}`
  traces.set(key, { site, layer, tokens: [...(traces.get(key)?.tokens ?? []), ...tokens] })
}

const guarded = (
  parts: ReturnType<(typeof Opened)["Service"]["engine"]["generate"]>,
  prompt: Prompt,
  guard: GuardOptions,
): Stream.Stream<GenerationPart, FacetError, Opened> => {
  if (guard.output === undefined) return Stream.filter(parts, (part) => part.type !== "start")
  const question = lastUserText(prompt)
  const output = new OutputGuard(guard.output, (response) => shield({ prompt: question, response }, policiesOf(guard)))
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

const policiesOf = ({ policies }: GuardOptions) => (policies === undefined ? {} : { policies })

function readGuard(guard: GenerateOptions["guard"]): GuardOptions {
  if (guard === undefined || guard === false) return {}
  if (guard === true) return { input: true, output: "window" }
  checkKnown(guard, ["input", "output", "policies"], "guard.")
  if (guard.output !== undefined && guard.output !== "window" && guard.output !== "buffer") {
    throw invalid(
      "guard.output",
      `"${String(guard.output)}" is not a mode`,
      'Use "window" or "buffer", or leave it out.',
    )
  }
  return guard
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
    throw invalid("template", `"${String(options.template)}" is not a template`, 'Use "chat" or "none".')
  }
  return request
}

function checkPrompt(prompt: Prompt): void {
  if (typeof prompt === "string") return checkUnicode("prompt", prompt)
  if (!Array.isArray(prompt))
    throw invalid("prompt", `${typeof prompt} where a prompt is expected`, "Pass a text, or a list of messages.")
  for (const [i, message] of toMessages(prompt).entries()) {
    checkUnicode(`messages[${i}].content`, message?.content)
    if (!["system", "user", "assistant", "model"].includes(message.role)) {
      throw invalid(`messages[${i}].role`, `"${String(message.role)}" is not a role`, "Use system, user or assistant.")
    }
  }
}

function readTraces(trace: GenerateOptions["trace"]): ReadonlyArray<TraceRequest> {
  if (trace === undefined || trace === false) return []
  const list = trace === true ? [{}] : Array.isArray(trace) ? trace : [trace]
  return list.map((options: TraceOptions) => {
    checkKnown(options, ["layer", "site", "topK"], "trace.")
    return { ...readSite(options), topK: options.topK }
  })
}

const invalid = (option: string, problem: string, remedy: string) =>
  new InvalidRequestError({ option, problem, remedy })
