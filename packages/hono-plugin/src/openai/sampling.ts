/** The fields of both kinds of completion that say how tokens are chosen, how many, and in what form they come. */
import type { GenerateOptions } from "@facet/sdk"
import { badRequest, unsupported } from "./ApiError.ts"
import type { Fields } from "./Fields.ts"

const whole = { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }
const penalty = { min: -2, max: 2 }
const probability = { min: 0, max: 1 }

/** OpenAI's default; Facet's own is 0. */
const defaultTemperature = 1

/** As many as OpenAI's API takes. */
const mostStops = 4

/** The options of `generate` that `fields` ask for. `top_k`, `min_p` and `repetition_penalty` are vLLM's. */
export function readSampling(fields: Fields): GenerateOptions {
  return {
    temperature: fields.number("temperature", { min: 0, max: 2 }) ?? defaultTemperature,
    topP: fields.number("top_p", probability),
    topK: readTopK(fields),
    minP: fields.number("min_p", probability),
    repetitionPenalty: fields.number("repetition_penalty", { min: 0.01, max: 100 }),
    presencePenalty: fields.number("presence_penalty", penalty),
    frequencyPenalty: fields.number("frequency_penalty", penalty),
    logitBias: readLogitBias(fields),
    seed: fields.number("seed", whole),
    stop: readStop(fields),
  }
}

/** -1 and 0 are ways of saying that all tokens are kept. */
function readTopK(fields: Fields): number | undefined {
  const topK = fields.number("top_k", { ...whole, min: -1 })
  return topK === undefined || topK <= 0 ? undefined : topK
}

function readLogitBias(fields: Fields): Readonly<Record<number, number>> | undefined {
  const bias = fields.value("logit_bias")
  if (bias === undefined) return undefined
  if (typeof bias !== "object" || bias === null || Array.isArray(bias)) {
    throw badRequest("logit_bias", 'it is not an object of token ids and numbers, such as {"235": -5}.', "invalid_type")
  }
  const entries = Object.entries(bias).map(([id, value]): readonly [string, number] => {
    if (typeof value === "number") return [id, value]
    throw badRequest("logit_bias", "a value is not a number from -100 to 100.", "invalid_type")
  })
  return Object.fromEntries(entries)
}

function readStop(fields: Fields): ReadonlyArray<string> | undefined {
  const value = fields.value("stop")
  if (value === undefined) return undefined
  const stops: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
  if (stops.length > mostStops) {
    throw badRequest("stop", `${stops.length} strings where at most ${mostStops} are allowed.`, "invalid_value")
  }
  return stops.map((stop) => {
    if (typeof stop === "string" && stop !== "") return stop
    throw badRequest("stop", "it is not a string, or a list of strings, none of them empty.", "invalid_type")
  })
}

/** How an answer is sent. */
export interface Delivery {
  readonly stream: boolean
  /** End a stream with a chunk of figures. */
  readonly includeUsage: boolean
}

export function readDelivery(fields: Fields): Delivery {
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

/** Fields that cannot change an answer: who asks, where it is billed and filed. Accepted, and not looked at. */
const harmless = [
  "user",
  "safety_identifier",
  "metadata",
  "store",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prediction",
] as const

/** Reads what every completion may carry beside what it asks, and refuses what this server cannot do. */
export function readRest(fields: Fields): void {
  for (const name of harmless) fields.value(name)
  const n = fields.number("n", { ...whole, min: 1 })
  if (n !== undefined && n !== 1)
    throw unsupported("n", "this server gives one answer to a request. Send it again for more.")
}
