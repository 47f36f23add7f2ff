/** What `POST /api/chat` and `POST /api/generate` are asked. */
import {
  type ChatMessage,
  type GenerateOptions,
  isRecord,
  type JsonSchema,
  mostAlternatives,
  type Prompt,
  type ToolCall,
} from "@facet/sdk/words"
import { badRequest, unsupported } from "../openai/ApiError.ts"
import { roleOf } from "../openai/readChatRequest.ts"
import { readToolList, requiredText } from "../openai/readTools.ts"
import { kindOf, RequestFields } from "../openai/RequestFields.ts"
import type { OllamaJob } from "./OllamaJob.ts"
import { readModelOptions } from "./readModelOptions.ts"

const textOnly = "the model reads text only. Leave them out."

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readOllamaChat(body: unknown): OllamaJob {
  const fields = new RequestFields(body)
  const called = new Called()
  const messages = (fields.list("messages") ?? []).flatMap((message, i) =>
    readMessage(new RequestFields(message, `messages[${i}]`, fields.warnings), called),
  )
  const tools = readToolList(fields)
  // A chat that ends with the assistant is gone on with, as Ollama does.
  const last = messages.at(-1)
  const isOpen = last?.role === "assistant" && last.toolCalls === undefined
  const own = { ...(tools && { tools }), ...(isOpen && { continueFinalMessage: true }) }
  return readShared(fields, messages.length === 0 ? undefined : messages, own)
}

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readOllamaGenerate(body: unknown): OllamaJob {
  const fields = new RequestFields(body)
  const text = fields.text("prompt") ?? ""
  const system = fields.text("system") ?? ""
  const isRaw = fields.flag("raw") ?? false
  if (isRaw && system !== "")
    throw badRequest("system", "a raw prompt is taken as it is. Write it into the prompt.", "invalid_value")
  fields.refuse("images", textOnly)
  fields.refuse("suffix", "the model cannot fill in a text: it goes on where the prompt ends.")
  fields.refuse("template", "the model's own template is used. Send a chat, or a raw prompt.")
  fields.refuse("context", "this server takes no conversations as token ids. Send them as messages to /api/chat.")
  for (const name of ["width", "height", "steps"]) fields.refuse(name, "the model draws no images.")
  if (text === "") return readShared(fields, undefined, {})
  if (isRaw) return readShared(fields, text, { template: "none" })
  const user: ChatMessage = { role: "user", content: text }
  return readShared(fields, system === "" ? [user] : [{ role: "system", content: system }, user], {})
}

/** What both routes take. */
function readShared(fields: RequestFields, prompt: Prompt | undefined, own: GenerateOptions): OllamaJob {
  const isSpelt = fields.flag("logprobs") ?? false
  const alternatives = fields.number("top_logprobs", { min: 0, max: mostAlternatives, integer: true })
  const job: OllamaJob = {
    model: fields.text("model"),
    prompt,
    isUnloading: prompt === undefined && isNoTime(fields.value("keep_alive")),
    options: {
      ...readModelOptions(fields),
      ...own,
      schema: readFormat(fields),
      logprobs: isSpelt ? (alternatives ?? true) : undefined,
    },
    // Unlike OpenAI's API, this one streams unless told otherwise.
    stream: fields.flag("stream") ?? true,
    isSpelt,
    warnings: fields.warnings,
  }
  warnOfLoading(fields)
  fields.warn("think", "the model does not think before it answers, so it changes nothing.")
  fields.warn("shift", "a text ends where the context is full.")
  fields.warnOfRest()
  return job
}

/** A number of seconds, or a duration as Go writes it: `0`, `"0"`, `"0s"`, `"0m"`. */
const isNoTime = (value: unknown): boolean =>
  value === 0 || (typeof value === "string" && /^[+-]?0+(\.0+)?[a-z]*$/.test(value))

/** `"json"`, which is any object, or a JSON Schema; an empty text is none. */
function readFormat(fields: RequestFields): JsonSchema | undefined {
  const format = fields.value("format")
  if (format === undefined || format === "") return undefined
  if (format === "json") return { type: "object" }
  if (isRecord(format)) return format
  throw badRequest("format", 'it is neither "json" nor a JSON Schema.', "invalid_value")
}

/** How long a model is kept, and what becomes of what is too long for it. */
export function warnOfLoading(fields: RequestFields): void {
  fields.warn("keep_alive", "the model stays open as long as the server runs.")
  fields.warn("truncate", "what does not fit is refused, and not cut.")
}

/** Ollama's calls have no ids: a result is that of the first call of its tool that waits for one. */
class Called {
  readonly #open: Array<ToolCall> = []
  #count = 0

  call(name: string, input: ToolCall["input"]): ToolCall {
    const call = { id: `call_${this.#count++}`, name, input }
    this.#open.push(call)
    return call
  }

  /** @param name of the tool; left out by older clients. */
  result(name: string | undefined): string | undefined {
    const place = name === undefined ? 0 : this.#open.findIndex((call) => call.name === name)
    return this.#open.splice(place < 0 ? this.#open.length : place, 1)[0]?.id
  }
}

function readCalls(fields: RequestFields, called: Called): ReadonlyArray<ToolCall> | undefined {
  const list = fields.list("tool_calls")
  if (list === undefined || list.length === 0) return undefined
  return list.map((call, i) => {
    const at = `${fields.at("tool_calls")}[${i}].function`
    const own = new RequestFields(isRecord(call) ? call["function"] : undefined, at, fields.warnings)
    const name = requiredText(own, "name")
    const input = own.value("arguments") ?? {}
    own.value("index")
    own.finish()
    if (isRecord(input)) return called.call(name, input)
    throw badRequest(own.at("arguments"), `${kindOf(input)} where an object is expected.`, "invalid_type")
  })
}

/** @throws ApiError for a result that no call waits for. */
function readResult(fields: RequestFields, called: Called): string {
  const name = fields.text("tool_name")
  // Calls have no ids here: some clients send one all the same.
  fields.value("tool_call_id")
  const id = called.result(name)
  if (id !== undefined) return id
  throw badRequest(fields.at("tool_name"), "no call of such a tool before it waits for a result.", "invalid_value")
}

function readMessage(fields: RequestFields, called: Called): ReadonlyArray<ChatMessage> {
  const given = fields.value("role")
  const role = given === "tool" ? "tool" : roleOf(given, fields.at("role"))
  fields.refuse("images", textOnly)
  const toolCalls = role === "assistant" ? readCalls(fields, called) : undefined
  const toolCallId = role === "tool" ? readResult(fields, called) : undefined
  fields.warn("thinking", "the model's template has no place for it, so it is left out.")
  const content = fields.value("content") ?? ""
  fields.finish()
  const ofTools = { ...(toolCalls && { toolCalls }), ...(toolCallId !== undefined && { toolCallId }) }
  if (typeof content === "string") return [{ role, content, ...ofTools }]
  if (Array.isArray(content))
    throw unsupported(fields.at("content"), "a message is one text here. Send it as a string.")
  throw badRequest(fields.at("content"), `${kindOf(content)} where a string is expected.`, "invalid_type")
}
