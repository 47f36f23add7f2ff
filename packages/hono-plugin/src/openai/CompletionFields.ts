/** The fields of both kinds of completion that say how tokens are chosen, how many, and in what form they come. */
import {
  biasRange,
  type GenerateOptions,
  type NumberRange,
  type SamplingNumberName,
  samplingNumberNames,
  samplingNumbers,
} from "@facet/sdk/words"
import { badRequest, fieldOf } from "./ApiError.ts"
import { atLeastOne, kindOf, type RequestFields } from "./RequestFields.ts"

/** The most answers to one request, of all its prompts together: as many as OpenAI's API gives. */
export const mostAnswers = 128

/** Where OpenAI's API, or vLLM's, differs from Facet. */
interface Deviation extends Partial<NumberRange> {
  /** Taken where a field is left out. */
  readonly otherwise?: number
  readonly read?: (value: number) => number | undefined
}

const deviations: { readonly [Name in SamplingNumberName]?: Deviation } = {
  // Facet's own default is 0, and its most is 100.
  temperature: { max: 2, otherwise: 1 },
  // -1 is vLLM's way of saying that all tokens are kept.
  topK: { min: -1, read: (value) => (value <= 0 ? undefined : value) },
}

/** The options of `generate` that `fields` ask for. */
export function readSampling(fields: RequestFields): GenerateOptions {
  const numbers: { [Name in SamplingNumberName]?: number | undefined } = {}
  for (const name of samplingNumberNames) numbers[name] = readNumber(fields, name)
  return {
    ...numbers,
    logitBias: readLogitBias(fields),
    stop: readStop(fields),
    // vLLM's names for them.
    minTokens: fields.number("min_tokens", { ...atLeastOne, min: 0 }),
    stopTokens: readStopTokens(fields),
  }
}

function readStopTokens(fields: RequestFields): ReadonlyArray<number> | undefined {
  const ids = fields.list("stop_token_ids")
  return ids?.map((id, i) => {
    if (typeof id === "number") return id
    throw badRequest(fields.at("stop_token_ids"), `${kindOf(id)} where token id ${i} is expected.`, "invalid_type")
  })
}

const same = (value: number): number => value

function readNumber(fields: RequestFields, name: SamplingNumberName): number | undefined {
  const { otherwise, read = same, ...range }: Deviation = deviations[name] ?? {}
  const value = fields.number(fieldOf(name), { ...samplingNumbers[name], ...range })
  return value === undefined ? otherwise : read(value)
}

function readLogitBias(fields: RequestFields): Readonly<Record<number, number>> | undefined {
  const bias = fields.value("logit_bias")
  if (bias === undefined) return undefined
  if (typeof bias !== "object" || bias === null || Array.isArray(bias)) {
    throw badRequest("logit_bias", 'it is not an object of token ids and numbers, such as {"235": -5}.', "invalid_type")
  }
  const entries = Object.entries(bias).map(([id, value]): readonly [string, number] => {
    if (typeof value === "number") return [id, value]
    throw badRequest("logit_bias", `a value is not a number from ${biasRange.min} to ${biasRange.max}.`, "invalid_type")
  })
  return Object.fromEntries(entries)
}

/** Texts at which an answer ends: one, or a list. */
export function readStop(fields: RequestFields): ReadonlyArray<string> | undefined {
  const value = fields.value("stop")
  if (value === undefined) return undefined
  const stops: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
  return stops.map((stop) => {
    if (typeof stop === "string" && stop !== "") return stop
    throw badRequest(fields.at("stop"), "it is not a string, or a list of strings, none of them empty.", "invalid_type")
  })
}

/** How an answer is sent. */
export interface Delivery {
  readonly stream: boolean
  /** End a stream with a chunk of figures. */
  readonly includeUsage: boolean
}

export function readDelivery(fields: RequestFields): Delivery {
  const stream = fields.flag("stream") ?? false
  const options = fields.object("stream_options")
  if (options !== undefined && !stream) {
    throw badRequest("stream_options", "it is only allowed with stream: true.", "invalid_value")
  }
  const includeUsage = options?.flag("include_usage") ?? false
  options?.refuse("include_obfuscation", "this server does not pad its chunks.")
  options?.finish()
  return { stream, includeUsage }
}

/** RequestFields that cannot change an answer: who asks, where it is billed and filed. Accepted, and not looked at. */
const harmless = [
  "user",
  "safety_identifier",
  "metadata",
  "store",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prediction",
  // Of other servers: what is kept, for how long, and whose turn it is, is decided here.
  "cache_prompt",
  "keep_alive",
  "priority",
  "ttl",
] as const

/** Settings of other servers that an answer here cannot depend on, and what they hold where they ask for nothing. */
const elsewhere: Readonly<Record<string, { readonly nothing: unknown; readonly because: string }>> = {
  ignore_eos: { nothing: false, because: "an answer ends where the model ends it. Send min_tokens." },
  include_stop_str_in_output: { nothing: false, because: "an answer ends before a stop string." },
  skip_special_tokens: { nothing: true, because: "control tokens have no text here." },
  spaces_between_special_tokens: { nothing: true, because: "control tokens have no text here." },
  use_beam_search: { nothing: false, because: "this server searches no beams." },
  length_penalty: { nothing: 1, because: "this server searches no beams." },
  typical_p: { nothing: 1, because: "this server does not sample so. Send top_p or min_p." },
  mirostat: { nothing: 0, because: "this server does not sample so. Send top_p or min_p." },
}

/** Reads what every completion may carry beside what it asks. */
export function readRest(fields: RequestFields): void {
  for (const name of harmless) fields.value(name)
  for (const [name, { because, nothing }] of Object.entries(elsewhere)) {
    fields.refuse(name, because, (value) => value === nothing)
  }
}

/** So many tokens at most. -1 is how some servers say that there is no limit. */
export const readMost = (fields: RequestFields, name: string): number | undefined =>
  fields.value(name) === -1 ? undefined : fields.number(name, atLeastOne)

/** How many answers each of so many prompts is to have. */
export function readCount(fields: RequestFields, prompts = 1): number {
  const n = fields.number("n", { ...atLeastOne, max: mostAnswers }) ?? 1
  if (n * prompts <= mostAnswers) return n
  throw badRequest("n", `${n * prompts} answers where at most ${mostAnswers} are allowed.`, "invalid_value")
}

/** Fields of other models, which change nothing for one that does not reason before it answers, or has no such dial. */
export function warnOfOthers(fields: RequestFields): void {
  const noReasoning = "the model does not reason before it answers, so it changes nothing."
  fields.warn("reasoning_effort", noReasoning, (value) => value === "none")
  fields.warn("reasoning", noReasoning)
  fields.warn("include_reasoning", noReasoning)
  fields.warn("enable_thinking", noReasoning)
  fields.warn("thinking", noReasoning)
  fields.warn("chat_template_kwargs", "the model's template takes no arguments, so they change nothing.")
  fields.warn("verbosity", "the model has no such dial, so it changes nothing. Ask for it in words.")
}
