/** The conversation that `POST /v1/responses` is asked to go on with. */
import type { ChatMessage } from "@facet/sdk/words"
import { badRequest, unsupported } from "./ApiError.ts"
import { roleOf } from "./readChatRequest.ts"
import { readArguments, requiredText } from "./readTools.ts"
import { kindOf, RequestFields } from "./RequestFields.ts"

/** @throws ApiError that names the item that is wrong, or that cannot be honoured. */
export function readResponseInput(fields: RequestFields, instructions: string | undefined): ReadonlyArray<ChatMessage> {
  const input = fields.value("input")
  if (input === undefined) throw badRequest("input", "it is missing.", "missing_required_parameter")
  if (typeof input !== "string" && !Array.isArray(input)) {
    throw badRequest("input", `${kindOf(input)} where a text or a list of items is expected.`, "invalid_type")
  }
  const items: ReadonlyArray<unknown> = typeof input === "string" ? [{ role: "user", content: input }] : input
  const said = items
    .flatMap((item, i) => readItem(new RequestFields(item, `input[${i}]`, fields.warnings)))
    .reduce<ReadonlyArray<ChatMessage>>(withItem, [])
  if (!said.some(({ content, role }) => role === "user" && content.trim() !== "")) {
    throw badRequest("input", "no message of the role user has any text.", "invalid_value")
  }
  return instructions === undefined ? said : [{ role: "system", content: instructions }, ...said]
}

/** What the assistant called together with what it said, and with what else it called, is one turn. */
function withItem(said: ReadonlyArray<ChatMessage>, item: ChatMessage): ReadonlyArray<ChatMessage> {
  const last = said.at(-1)
  if (item.toolCalls === undefined || last?.role !== "assistant") return [...said, item]
  return [...said.slice(0, -1), { ...last, toolCalls: [...(last.toolCalls ?? []), ...item.toolCalls] }]
}

/** A message, a call or what it found; what a model thought in between is left out. */
function readItem(fields: RequestFields): ReadonlyArray<ChatMessage> {
  const type = fields.text("type") ?? "message"
  switch (type) {
    case "reasoning":
      fields.warnings.push(`${fields.at("type")}: the model's template has no place for reasoning, so it is left out.`)
      return []
    case "message":
      return [readMessage(fields)]
    case "function_call":
      return [readCall(fields)]
    case "function_call_output":
      return [readResult(fields)]
    case "item_reference":
      throw unsupported(fields.at("type"), "this server keeps no items. Send the item.")
    default:
      throw unsupported(fields.at("type"), "this server takes messages, and calls of functions with their outputs.")
  }
}

/** What an answer's own items bear, and clients send back. */
function passOwn(fields: RequestFields): void {
  for (const name of ["id", "status", "phase"]) fields.text(name)
}

function readMessage(fields: RequestFields): ChatMessage {
  const role = roleOf(fields.value("role"), fields.at("role"))
  passOwn(fields)
  const content = readContent(fields.value("content"), fields.at("content"), fields.warnings)
  fields.finish()
  return { role, content }
}

function readCall(fields: RequestFields): ChatMessage {
  passOwn(fields)
  // What the client made of the arguments, and hands back with them.
  fields.value("parsed_arguments")
  const call = { id: requiredText(fields, "call_id"), name: requiredText(fields, "name"), input: readArguments(fields) }
  fields.finish()
  return { role: "assistant", content: "", toolCalls: [call] }
}

function readResult(fields: RequestFields): ChatMessage {
  passOwn(fields)
  // The call has it already.
  fields.text("name")
  const toolCallId = requiredText(fields, "call_id")
  const content = readContent(fields.value("output"), fields.at("output"), fields.warnings)
  fields.finish()
  return { role: "tool", content, toolCallId }
}

function readContent(content: unknown, path: string, warnings: Array<string>): string {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) {
    throw badRequest(path, `${kindOf(content)} where a text or a list of parts is expected.`, "invalid_type")
  }
  return content.map((part, i) => readPart(new RequestFields(part, `${path}[${i}]`, warnings))).join("\n")
}

function readPart(part: RequestFields): string {
  const type = part.text("type")
  if (type === undefined) throw badRequest(part.at("type"), "it is missing.", "missing_required_parameter")
  const name = type === "refusal" ? "refusal" : "text"
  if (type !== "input_text" && type !== "output_text" && type !== "refusal") {
    throw unsupported(part.at("type"), "this model reads text only.")
  }
  const text = part.text(name)
  if (text === undefined) throw badRequest(part.at(name), "it is missing.", "missing_required_parameter")
  // What stands beside a text that the server has written.
  for (const beside of ["annotations", "logprobs"]) part.list(beside)
  // What the client made of it.
  part.value("parsed")
  part.finish()
  return text
}
