/** How a text is generated, and what goes with it. */
import type { AnswerSchema } from "./AnswerSchema.ts"
import type { Constraint, JsonSchema } from "./Constraint.ts"
import { checkCount, checkFlag, checkKnown, checkNumber, checkOneOf, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { GuardOptions } from "./GuardOptions.ts"
import { type Intervention, readInterventions } from "./Intervention.ts"
import type { Asking, GenerateRequest, TraceRequest } from "./Request.ts"
import { checkSampling } from "./checkSampling.ts"
import { generateOptionNames } from "./generateOptionNames.ts"
import type { SamplingOptions } from "./Sampling.ts"
import { readSite } from "./Site.ts"
import { checkStops, maxStops } from "./Stops.ts"
import type { Tool, ToolChoice } from "./Tool.ts"
import { checkTraceOptions, type TraceOptions } from "./Trace.ts"

/** How tokens are chosen (`SamplingOptions`), when the text ends, and what goes with it. */
export interface GenerateOptions<S extends AnswerSchema = AnswerSchema> extends SamplingOptions {
  /** `chat` (default): the prompt is a chat, or its only turn. `none`: the text is continued as it is. */
  readonly template?: "chat" | "none" | undefined
  /**
   * The chat ends with a message of the assistant, which is left open: what is generated goes on where it ends. White space
   * at its end stays, and the text of the generation does not repeat it. Default false.
   */
  readonly continueFinalMessage?: boolean | undefined
  /** At most so many tokens; at least 1. Default: as many as the context holds. */
  readonly maxTokens?: number | undefined
  /**
   * At least so many tokens: until then the model cannot end its turn, and stop strings and stop tokens end nothing. At
   * most `maxTokens`. Default 0.
   */
  readonly minTokens?: number | undefined
  /** The text ends before the first of these; 64 at most. */
  readonly stop?: string | ReadonlyArray<string> | undefined
  /** The text ends before the first of these tokens, as it does before the one that ends a turn; 64 at most. */
  readonly stopTokens?: ReadonlyArray<number> | undefined
  /**
   * The text is JSON that fits a schema, and `object` what it says: a JSON Schema as it is, `jsonSchema()`'s, or a Standard
   * Schema that tells its JSON Schema.
   */
  readonly schema?: S | undefined
  /** The text is one of these. */
  readonly choices?: ReadonlyArray<string> | undefined
  /** The text is what a regular expression of ECMAScript, flag `u`, matches from start to end. */
  readonly regex?: string | undefined
  /** The text is what `root` is of a grammar in GBNF, the notation of llama.cpp. */
  readonly grammar?: string | undefined
  /** The text is of a form that is put together of others. */
  readonly constraint?: Constraint | undefined
  /** What the model may call. They are told it in the first user turn; the arguments of a call fit its tool's `parameters`. */
  readonly tools?: ReadonlyArray<Tool> | undefined
  /** Default `auto`: text, or text and then a call. Under `none` the model is told of no tools. */
  readonly toolChoice?: ToolChoice | undefined
  /** Whether the model may call several at once, eight at most. Default false. */
  readonly parallelToolCalls?: boolean | undefined
  /** `true` is a guard on both sides: `{ input: "before", mode: "window" }`. */
  readonly guard?: boolean | GuardOptions | undefined
  /**
   * Features of the completion's tokens, out of the same forward passes. `true` is one trace at the default site, `"all"` one
   * at each site that has an autoencoder.
   */
  readonly trace?: boolean | "all" | TraceOptions | ReadonlyArray<TraceOptions> | undefined
  /**
   * Log-probabilities of the completion's tokens: `true` for the chosen ones alone, a number from 0 to 20 for so many of
   * the likeliest at each place beside them, the likeliest first. They are the model's own, after its final soft-cap and
   * before temperature, penalties, bias and filters, as in OpenAI's API: so the chosen token need not be the likeliest.
   */
  readonly logprobs?: boolean | number | undefined
  /** What changes the model's inside while it reads the prompt and writes: see `Intervention`. A guard is never changed. */
  readonly interventions?: ReadonlyArray<Intervention> | undefined
}

/** Whether a prompt is a chat, or a text that goes on. */
export const templates = ["chat", "none"] as const

/** The most alternatives to a token; as many as OpenAI's API gives. */
export const mostAlternatives = 20

/** The options as an engine is told them: all but the guard and the tools, which stand around it. */
export type ReadGenerateOptions = Omit<GenerateRequest, "model" | "prompt" | keyof Asking>

/**
 * Reads the options, and refuses whatever can be judged without the model, before it travels.
 *
 * @throws InvalidRequestError that names the option
 */
export function readGenerateOptions(options: GenerateOptions<JsonSchema>): ReadGenerateOptions {
  checkKnown(options, generateOptionNames)
  const {
    choices,
    constraint,
    grammar,
    guard: _guard,
    interventions,
    logitBias,
    logprobs,
    parallelToolCalls: _parallelToolCalls,
    regex,
    schema,
    stop,
    toolChoice: _toolChoice,
    tools: _tools,
    trace,
    ...rest
  } = options
  checkOneOf("template", options.template, templates)
  checkFlag("continueFinalMessage", options.continueFinalMessage)
  const read: ReadGenerateOptions = {
    ...rest,
    stop: stop === undefined ? undefined : typeof stop === "string" ? [stop] : stop,
    // Keys of an object are strings, whatever TypeScript calls them.
    logitBias: logitBias as Readonly<Record<string, number>> | undefined,
    constraint: readConstraint({ choices, constraint, grammar, regex, schema }),
    traces: readTraces(trace),
    // The chosen token alone is one without alternatives.
    logprobs: logprobs === true ? 0 : logprobs === false ? undefined : logprobs,
    interventions: readInterventions(interventions),
  }
  checkGenerate(read, Number.MAX_SAFE_INTEGER)
  return read
}

/**
 * What is checked again where the vocabulary is known. A form is checked by `checkForm`, whose code most pages have no use for.
 *
 * @throws InvalidRequestError that names the first option that is out of its range.
 */
export function checkGenerate(request: ReadGenerateOptions, vocabSize: number): void {
  checkCount("maxTokens", request.maxTokens)
  checkMinTokens(request)
  checkStopTokens(request.stopTokens, vocabSize)
  checkSampling(request, vocabSize)
  if (request.stop !== undefined) checkStops(request.stop)
  if (request.logprobs !== undefined) checkLogprobs(request.logprobs)
}

function checkMinTokens({ maxTokens = Number.MAX_SAFE_INTEGER, minTokens }: ReadGenerateOptions): void {
  if (minTokens !== undefined) checkNumber("minTokens", minTokens, { min: 0, max: maxTokens, integer: true })
}

function checkStopTokens(tokens: unknown, vocabSize: number): void {
  if (tokens === undefined) return
  if (!Array.isArray(tokens) || tokens.length > maxStops) {
    throw invalidRequest("stopTokens", "it is no list, or too long", `Give at most ${maxStops}.`)
  }
  for (const [i, id] of tokens.entries()) {
    checkNumber(`stopTokens[${i}]`, id, {
      min: 0,
      max: vocabSize - 1,
      integer: true,
    })
  }
}

type FormOptions = Pick<GenerateOptions<JsonSchema>, "choices" | "constraint" | "grammar" | "regex" | "schema">

/** A text has one form: several would have to be the same. */
function readConstraint(forms: FormOptions): Constraint | undefined {
  const [first, second] = Object.entries(forms).flatMap(([option, value]) => (value === undefined ? [] : [option]))
  if (first !== undefined && second !== undefined) {
    throw invalidRequest(second, `it stands beside \`${first}\`, and a text has one form`, "Leave out one of them.")
  }
  const { choices, constraint, grammar, regex, schema } = forms
  if (choices !== undefined) return { type: "choices", choices }
  if (grammar !== undefined) return { type: "grammar", grammar }
  if (regex !== undefined) return { type: "regex", regex }
  return schema === undefined ? constraint : { type: "schema", schema }
}

function checkLogprobs(alternatives: unknown): void {
  const isCount = typeof alternatives === "number" && Number.isInteger(alternatives)
  if (isCount && alternatives >= 0 && alternatives <= mostAlternatives) return
  throw invalidRequest(
    "logprobs",
    `${show(alternatives)} is out of range`,
    `Use true for the chosen tokens alone, or a whole number of alternatives from 0 to ${mostAlternatives}.`,
  )
}

function readTraces(trace: GenerateOptions["trace"]): ReadonlyArray<TraceRequest> {
  if (trace === undefined || trace === false) return []
  if (trace === true) return [{}]
  if (trace === "all") return [{ isEvery: true }]
  const isList = Array.isArray(trace)
  const list: ReadonlyArray<TraceOptions> = isList ? trace : [trace]
  return list.map((options, i) => {
    checkTraceOptions(options, isList ? `trace[${i}]` : "trace")
    return { ...readSite(options), topK: options.topK }
  })
}
