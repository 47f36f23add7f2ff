/** What `POST /api/chat` and `POST /api/generate` are asked. */
import {
  type ChatMessage,
  type GenerateOptions,
  isRecord,
  type JsonSchema,
  mostAlternatives,
  type Prompt,
} from "@facet/sdk/words"
import { badRequest, unsupported } from "../openai/ApiError.ts"
import { roleOf } from "../openai/readChatRequest.ts"
import { kindOf, RequestFields } from "../openai/RequestFields.ts"
import type { OllamaJob } from "./OllamaJob.ts"
import { readModelOptions } from "./readModelOptions.ts"

const textOnly = "the model reads text only. Leave them out."
const noTools = "this server calls no tools."

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readOllamaChat(body: unknown): OllamaJob {
  const fields = new RequestFields(body)
  const messages = (fields.list("messages") ?? []).flatMap((message, i) =>
    readMessage(new RequestFields(message, `messages[${i}]`, fields.warnings)),
  )
  fields.refuse("tools", noTools)
  // A chat that ends with the assistant is gone on with, as Ollama does.
  const isOpen = messages.at(-1)?.role === "assistant"
  return readShared(fields, messages.length === 0 ? undefined : messages, isOpen ? { continueFinalMessage: true } : {})
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

function readMessage(fields: RequestFields): ReadonlyArray<ChatMessage> {
  const role = roleOf(fields.value("role"), fields.at("role"))
  fields.refuse("images", textOnly)
  fields.refuse("tool_calls", noTools)
  fields.refuse("tool_name", noTools)
  fields.refuse("tool_call_id", noTools)
  fields.warn("thinking", "the model's template has no place for it, so it is left out.")
  const content = fields.value("content") ?? ""
  fields.finish()
  if (typeof content === "string") return [{ role, content }]
  if (Array.isArray(content))
    throw unsupported(fields.at("content"), "a message is one text here. Send it as a string.")
  throw badRequest(fields.at("content"), `${kindOf(content)} where a string is expected.`, "invalid_type")
}
