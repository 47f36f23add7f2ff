/** Effect's prompts as Facet's chats. */
import type * as Prompt from "effect/ai/Prompt"
import { invalidRequest } from "../../words/Errors.ts"
import { isRecord } from "../../words/Json.ts"
import type { ChatMessage } from "../../words/Prompt.ts"
import type { ToolCall } from "../../words/Tool.ts"

/**
 * Text parts of a user's message are joined by a line break; those of an answer as they are, since they were cut out of one
 * text.
 *
 * @throws InvalidRequestError with the path of a part that no model here reads: files, reasoning, and what providers' own
 * tools did
 */
export function toChat({ content }: Prompt.Prompt): ReadonlyArray<ChatMessage> {
  return content.flatMap((message, i) => toMessages(message, `prompt[${i}]`))
}

function toMessages(message: Prompt.Message, path: string): ReadonlyArray<ChatMessage> {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: message.content.map((part, i) => textOf(part, partPath(path, i))).join("\n") }]
    case "assistant":
      return toAnswer(message, path)
    case "tool":
      return message.content.map((part, i) => toResult(part, partPath(path, i)))
  }
}

const partPath = (path: string, i: number): string => `${path}.content[${i}]`

function toAnswer({ content: parts }: Prompt.AssistantMessage, path: string): ReadonlyArray<ChatMessage> {
  const content = parts.map((part, i) => (part.type === "tool-call" ? "" : textOf(part, partPath(path, i)))).join("")
  const toolCalls = parts.flatMap((part, i) => (part.type === "tool-call" ? [toCall(part, partPath(path, i))] : []))
  if (toolCalls.length > 0) return [{ role: "assistant", content, toolCalls }]
  // An answer of which nothing is left, such as a blocked one, is no turn.
  return content === "" ? [] : [{ role: "assistant", content }]
}

function toCall({ id, name, params, providerExecuted }: Prompt.ToolCallPart, path: string): ToolCall {
  if (providerExecuted) throw refused(path, "a call that a provider ran")
  if (isRecord(params)) return { id, name, input: params }
  throw invalidRequest(`${path}.params`, "arguments of a call are an object", "Pass those of the call as they were.")
}

function toResult(part: Prompt.ToolMessagePart, path: string): ChatMessage {
  if (part.type !== "tool-result") throw refused(path, `a ${part.type} part`)
  return { role: "tool", toolCallId: part.id, content: foundBy(part, path) }
}

/** As the model is told it. */
function foundBy({ isFailure, modelOutput, result }: Prompt.ToolResultPart, path: string): string {
  if (modelOutput !== undefined) {
    return modelOutput.map((part, i) => textOf(part, `${path}.modelOutput[${i}]`)).join("\n")
  }
  if (isFailure) return JSON.stringify({ error: result ?? null })
  return typeof result === "string" ? result : JSON.stringify(result ?? null)
}

function textOf(part: Prompt.Part, path: string): string {
  if (part.type === "text") return part.text
  throw refused(path, part.type === "file" ? `a file (${part.mediaType})` : `a ${part.type} part`)
}

const refused = (path: string, what: string) =>
  invalidRequest(path, `it is ${what}, and the model reads text only`, "Leave it out.")
