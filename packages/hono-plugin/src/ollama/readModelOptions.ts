/** `options` of Ollama's API: how tokens are chosen, how many, and how a model is loaded there. */
import {
  type GenerateOptions,
  type NumberRange,
  type SamplingNumberName,
  samplingNumberNames,
  samplingNumbers,
} from "@facet/sdk/words"
import { badRequest } from "../openai/ApiError.ts"
import { readStop } from "../openai/CompletionFields.ts"
import { fieldOf } from "../openai/ApiError.ts"
import type { RequestFields } from "../openai/RequestFields.ts"

/** Where Ollama differs from Facet. Its defaults are of `api/types.go`, but for the penalty, which is 1 here: see below. */
interface Deviation extends Partial<NumberRange> {
  readonly field?: string
  readonly otherwise?: number
  readonly read?: (value: number) => number | undefined
}

const deviations: { readonly [Name in SamplingNumberName]?: Deviation } = {
  temperature: { otherwise: 0.8 },
  topK: { min: -1, otherwise: 40, read: (value) => (value <= 0 ? undefined : value) },
  topP: { otherwise: 0.9 },
  // Ollama's 1.1 reaches over the last 64 tokens, and ours over all there are: taken as a default it would say too much.
  repetitionPenalty: { field: "repeat_penalty" },
  // -1 is a seed of chance.
  seed: { min: -1, read: (value) => (value < 0 ? undefined : value) },
}

/** How a model is loaded, which is done when the server starts. */
const ofLoading = [
  "num_ctx",
  "num_batch",
  "num_gpu",
  "main_gpu",
  "num_thread",
  "low_vram",
  "f16_kv",
  "use_mmap",
  "use_mlock",
  "numa",
  "vocab_only",
  "logits_all",
  "embedding_only",
] as const

/** @throws ApiError that names the option that is wrong, or that cannot be honoured. */
export function readModelOptions(body: RequestFields): GenerateOptions {
  const fields = body.object("options")
  const numbers: { [Name in SamplingNumberName]?: number | undefined } = {}
  for (const name of samplingNumberNames) numbers[name] = readNumber(fields, name)
  const options = {
    ...numbers,
    maxTokens: fields === undefined ? undefined : readMaxTokens(fields),
    stop: fields === undefined ? undefined : readStop(fields),
  }
  if (fields !== undefined) readRest(fields)
  return options
}

const same = (value: number): number => value

function readNumber(fields: RequestFields | undefined, name: SamplingNumberName): number | undefined {
  const { field = fieldOf(name), otherwise, read = same, ...range }: Deviation = deviations[name] ?? {}
  const value = fields?.number(field, { ...samplingNumbers[name], ...range })
  return value === undefined ? otherwise : read(value)
}

/** -1 and -2 are as many as the context holds. */
function readMaxTokens(fields: RequestFields): number | undefined {
  const most = fields.number("num_predict", { min: -2, max: Number.MAX_SAFE_INTEGER, integer: true })
  if (most === 0)
    throw badRequest(fields.at("num_predict"), "0 tokens would be no answer. Use at least 1.", "invalid_value")
  return most === undefined || most < 0 ? undefined : most
}

function readRest(fields: RequestFields): void {
  for (const name of ofLoading) fields.warn(name, "the model is open already, so it changes nothing.")
  fields.warn("num_keep", "what does not fit is refused, and not cut, so it changes nothing.")
  fields.warn("repeat_last_n", "penalties reach over the whole text here.")
  const noSuch = "this server does not choose tokens so."
  fields.refuse("mirostat", noSuch, (value) => value === 0)
  for (const name of ["tfs_z", "typical_p"]) fields.refuse(name, noSuch, (value) => value === 1 || value === 0)
  for (const name of ["mirostat_tau", "mirostat_eta"]) fields.warn(name, "without mirostat it changes nothing.")
  fields.warn(
    "penalize_newline",
    "a newline is a token like others here, so it changes nothing.",
    (value) => value === true,
  )
  fields.warnOfRest()
}
