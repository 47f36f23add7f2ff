/** What `POST /v1/chat/completions` is asked. */
import { type ChatMessage, mostAlternatives } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import type { CompletionJob } from "./CompletionJob.ts"
import { RequestFields, kindOf } from "./RequestFields.ts"
import { readResponseFormat } from "./readResponseFormat.ts"
import { readToolCalls, readTools, requiredText } from "./readTools.ts"
import { readCount, readDelivery, readMost, readRest, readSampling, warnOfOthers } from "./CompletionFields.ts"

/** @throws ApiError that names the field that is wrong, or that cannot be honoured. */
export function readChatRequest(body: unknown): CompletionJob {
  const fields = new RequestFields(body)
  const messages = readMessages(fields)
  const job: CompletionJob = {
    model: fields.text("model"),
    prompts: [messages],
    n: readCount(fields),
    echo: "none",
    options: {
      ...readSampling(fields),
      maxTokens: readMaxTokens(fields),
      logprobs: readLogprobs(fields),
      continueFinalMessage: readOpenEnd(fields, messages),
      schema: readResponseFormat(fields),
      ...readTools(fields),
    },
    // vLLM's name for it.
    cacheSalt: fields.text("cache_salt"),
    ...readDelivery(fields),
    warnings: fields.warnings,
  }
  readRest(fields)
  warnOfOthers(fields)
  refuseForms(fields)
  fields.finish()
  return job
}

/**
 * Whether the last message, the assistant's, is gone on with. vLLM asks for it with two fields, of which the second alone
 * says no more than that no turn is opened.
 */
function readOpenEnd(fields: RequestFields, messages: ReadonlyArray<ChatMessage>): boolean | undefined {
  const isContinued = fields.flag("continue_final_message")
  const isPrompted = fields.flag("add_generation_prompt")
  if (isContinued === true && isPrompted === true) {
    throw badRequest("continue_final_message", "it cannot go with add_generation_prompt: true.", "invalid_value")
  }
  const asking =
    isContinued === true ? "continue_final_message" : isPrompted === false ? "add_generation_prompt" : undefined
  if (asking === undefined) return undefined
  if (messages.at(-1)?.role === "assistant") return true
  throw badRequest(asking, "the last message is not the assistant's, so nothing can be continued.", "invalid_value")
}

function readMaxTokens(fields: RequestFields): number | undefined {
  const old = readMost(fields, "max_tokens")
  const current = readMost(fields, "max_completion_tokens")
  if (old !== undefined && current !== undefined && old !== current) {
    throw badRequest("max_tokens", "it differs from max_completion_tokens. Send one of them.", "invalid_value")
  }
  return current ?? old
}

function readLogprobs(fields: RequestFields): boolean | number | undefined {
  const isWanted = fields.flag("logprobs") ?? false
  const alternatives = fields.number("top_logprobs", { min: 0, max: mostAlternatives, integer: true })
  if (alternatives !== undefined && !isWanted) {
    throw badRequest("top_logprobs", "it is only allowed with logprobs: true.", "invalid_value")
  }
  return isWanted ? (alternatives ?? true) : undefined
}

function readMessages(fields: RequestFields): ReadonlyArray<ChatMessage> {
  const list = fields.list("messages")
  if (list === undefined) throw badRequest("messages", "it is missing.", "missing_required_parameter")
  const messages = list.flatMap((message, i) =>
    readMessage(new RequestFields(message, `messages[${i}]`, fields.warnings)),
  )
  if (!messages.some(({ content, role }) => role === "user" && content.trim() !== "")) {
    throw badRequest("messages", "no message of the role user has any text.", "invalid_value")
  }
  return messages
}

function readMessage(fields: RequestFields): ReadonlyArray<ChatMessage> {
  const given = fields.value("role")
  const role = given === "tool" ? "tool" : roleOf(given, fields.at("role"))
  const toolCalls = role === "assistant" ? readToolCalls(fields) : undefined
  const toolCallId = role === "tool" ? requiredText(fields, "tool_call_id") : undefined
  fields.refuse("function_call", "it is deprecated. Send tool_calls.")
  fields.refuse("audio", "this server takes text only.")
  // Clients send names unasked; no template of Gemma's has a place for them.
  fields.text("name")
  for (const name of ["reasoning_content", "reasoning", "reasoning_details"]) {
    fields.warn(name, "the model's template has no place for reasoning, so it is left out.")
  }
  // What OpenAI's client hands back with an answer of its own.
  fields.refuse("refusal", "send what the assistant said as its content.")
  fields.refuse("annotations", "this server has no use for annotations.")
  const content = fields.value("content")
  fields.finish()
  // Clients write null where an assistant said nothing: no turn, unless it called something.
  if (role === "assistant" && content === undefined)
    return toolCalls === undefined ? [] : [{ role, content: "", toolCalls }]
  // A tool that found nothing.
  if (role === "tool" && content === undefined)
    return [{ role, content: "", ...(toolCallId !== undefined && { toolCallId }) }]
  const text = readContent(content, fields.at("content"))
  return [{ role, content: text, ...(toolCalls && { toolCalls }), ...(toolCallId !== undefined && { toolCallId }) }]
}

/** @throws ApiError for a role that there is not, or whose messages come from tools. */
export function roleOf(role: unknown, param: string): Exclude<ChatMessage["role"], "tool"> {
  if (role === "developer") return "system"
  if (role === "system" || role === "user" || role === "assistant") return role
  if (role === "tool" || role === "function") throw unsupported(param, "this route takes no results of tools.")
  throw badRequest(param, "it is not system, developer, user or assistant.", "invalid_value")
}

/** A text, or texts in parts, which stand in lines of their own. */
function readContent(content: unknown, param: string): string {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) {
    throw badRequest(param, `${kindOf(content)} where a text or a list of parts is expected.`, "invalid_type")
  }
  return content.map((part, i) => readTextPart(part, `${param}[${i}]`)).join("\n")
}

/** @throws ApiError for images, audio and files too: this model reads text. */
export function readTextPart(part: unknown, path: string): string {
  const fields = new RequestFields(part, path)
  const type = fields.text("type")
  if (type === undefined) throw badRequest(fields.at("type"), "it is missing.", "missing_required_parameter")
  if (type !== "text") throw unsupported(fields.at("type"), "this model reads text only.")
  const text = fields.text("text")
  if (text === undefined) throw badRequest(fields.at("text"), "it is missing.", "missing_required_parameter")
  fields.finish()
  return text
}

function refuseForms(fields: RequestFields): void {
  fields.refuse(
    "modalities",
    "this server answers in text only.",
    (value) => Array.isArray(value) && value.join() === "text",
  )
  fields.refuse("audio", "this server answers in text only.")
  fields.refuse("web_search_options", "this server does not search the web.")
}
