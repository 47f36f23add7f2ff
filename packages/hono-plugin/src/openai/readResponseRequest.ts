/** What `POST /v1/responses` is asked. */
import { type ChatMessage, type GenerateOptions, type JsonSchema, mostAlternatives } from "@facet/sdk/words"
import { badRequest } from "./ApiError.ts"
import { readRest, readSampling, warnOfOthers } from "./CompletionFields.ts"
import { readResponseInput } from "./readResponseInput.ts"
import { readTextFormat } from "./readResponseFormat.ts"
import { readTools } from "./readTools.ts"
import { atLeastOne, kindOf, RequestFields } from "./RequestFields.ts"

export interface ResponseJob {
  readonly model: string | undefined
  readonly messages: ReadonlyArray<ChatMessage>
  readonly options: GenerateOptions
  readonly stream: boolean
  /** Whether log-probabilities are told: they are asked for by `include`. */
  readonly isSpelt: boolean
  readonly cacheSalt: string | undefined
  readonly warnings: ReadonlyArray<string>
  /** Fields that an answer repeats. */
  readonly asked: AskedFields
}

/** What was asked, as the answer tells it. */
export interface AskedFields {
  readonly instructions: string | null
  readonly max_output_tokens: number | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly temperature: number
  readonly top_p: number
  readonly top_logprobs: number
  readonly user: string | null
  readonly tools: ReadonlyArray<unknown>
  readonly tool_choice: unknown
  readonly parallel_tool_calls: boolean
}

const logprobsIncluded = "message.output_text.logprobs"

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readResponseRequest(body: unknown): ResponseJob {
  const fields = new RequestFields(body)
  const instructions = fields.text("instructions")
  const included = readInclude(fields)
  const alternatives = fields.number("top_logprobs", { min: 0, max: mostAlternatives, integer: true })
  const isSpelt = included.includes(logprobsIncluded)
  if (alternatives !== undefined && alternatives > 0 && !isSpelt) {
    throw badRequest("top_logprobs", `it is only allowed with include: ["${logprobsIncluded}"].`, "invalid_value")
  }
  const maxTokens = fields.number("max_output_tokens", atLeastOne)
  const sampling = readSampling(fields)
  const tools = readTools(fields, "flat")
  const job: ResponseJob = {
    model: fields.text("model"),
    messages: readResponseInput(fields, instructions),
    options: {
      ...sampling,
      maxTokens,
      logprobs: isSpelt ? (alternatives ?? true) : undefined,
      schema: readForm(fields),
      ...tools,
    },
    stream: fields.flag("stream") ?? false,
    isSpelt,
    cacheSalt: fields.text("cache_salt"),
    warnings: fields.warnings,
    asked: {
      instructions: instructions ?? null,
      max_output_tokens: maxTokens ?? null,
      metadata: readMetadata(fields),
      temperature: sampling.temperature ?? 1,
      top_p: sampling.topP ?? 1,
      top_logprobs: alternatives ?? 0,
      user: fields.text("user") ?? null,
      tools: fields.list("tools") ?? [],
      tool_choice: fields.value("tool_choice") ?? "auto",
      parallel_tool_calls: tools.parallelToolCalls ?? false,
    },
  }
  fields.warn("store", "this server keeps no answers.")
  readTruncation(fields)
  readRest(fields)
  warnOfOthers(fields)
  refuseState(fields)
  fields.finish()
  return job
}

function readMetadata(fields: RequestFields): Readonly<Record<string, unknown>> {
  const metadata = fields.value("metadata") ?? {}
  if (typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) return { ...metadata }
  throw badRequest("metadata", `${kindOf(metadata)} where an object is expected.`, "invalid_type")
}

/** What else an answer is to hold. Of most of it this server has nothing, so that leaving it out is the whole truth. */
function readInclude(fields: RequestFields): ReadonlyArray<string> {
  const list = fields.list("include") ?? []
  return list.map((entry, i) => {
    if (typeof entry !== "string") throw badRequest(`include[${i}]`, "it is not a string.", "invalid_type")
    if (entry !== logprobsIncluded) fields.warnings.push(`include[${i}]: the answer has nothing of the kind.`)
    return entry
  })
}

/** How the answer is written: as text, or as JSON. */
function readForm(fields: RequestFields): JsonSchema | undefined {
  const text = fields.object("text")
  const schema = readTextFormat(text)
  text?.warn("verbosity", "the model has no such dial, so it changes nothing. Ask for it in words.")
  text?.finish()
  const stream = fields.object("stream_options")
  stream?.refuse("include_obfuscation", "this server does not pad its events.")
  stream?.finish()
  return schema
}

/** What fits is answered all the same: clients ask for it whatever they send. */
function readTruncation(fields: RequestFields): void {
  const truncation = fields.text("truncation") ?? "disabled"
  if (truncation !== "auto" && truncation !== "disabled") {
    throw badRequest("truncation", "it is neither auto nor disabled.", "invalid_value")
  }
  fields.warn("truncation", "what does not fit is refused, and not cut.", () => truncation === "disabled")
}

/** What needs answers to be kept, or work that goes on by itself. */
function refuseState(fields: RequestFields): void {
  const kept = "this server keeps no answers. Send the whole conversation as `input`."
  fields.refuse("previous_response_id", kept)
  fields.refuse("conversation", kept)
  fields.refuse("prompt", "this server keeps no prompts. Send the text.")
  fields.refuse("background", "this server answers while the client waits.")
  // Those are the calls of a server's own tools, of which there are none.
  fields.value("max_tool_calls")
}
