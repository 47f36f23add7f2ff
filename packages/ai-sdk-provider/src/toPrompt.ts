import { type LanguageModelV4Prompt, type SharedV4Warning, UnsupportedFunctionalityError } from "@ai-sdk/provider"
import { type ChatMessage, isFacetPart, isRecord, type JsonRecord, show, type ToolCall } from "@facet/sdk/words"

type Message = LanguageModelV4Prompt[number]
type ToolCallPart = Extract<Extract<Message, { role: "assistant" }>["content"][number], { type: "tool-call" }>
type ToolOutput = Extract<Extract<Message, { role: "tool" }>["content"][number], { type: "tool-result" }>["output"]
type AssistantPart = Extract<Message, { role: "assistant" }>["content"][number]

/**
 * The AI SDK's prompt as Facet's chat. Facet itself folds system texts into the first user turn, merges turns of one
 * role, and reads whatever looks like a control token as plain text.
 *
 * Text parts of a user's message are joined by a line break; those of an answer are joined as they are, since they were
 * cut out of one text.
 *
 * @param isContinued whether an answer at the end is gone on with.
 * @throws UnsupportedFunctionalityError for files and images, and for what providers' own tools did
 */
export function toPrompt(
  prompt: LanguageModelV4Prompt,
  warnings: Array<SharedV4Warning>,
  isContinued = false,
): ReadonlyArray<ChatMessage> {
  const messages = prompt.flatMap((message) => toMessages(message, warnings))
  const last = messages.at(-1)
  if (last?.role === "assistant" && !isContinued) {
    warnings.push({
      type: "compatibility",
      feature: "a prompt that ends with an assistant message",
      details:
        "It is not continued: the model answers an empty message of the user after it. `providerOptions.facet.continueFinalMessage` has it go on.",
    })
    return [...messages, { role: "user", content: "" }]
  }
  return messages
}

function toMessages(message: Message, warnings: Array<SharedV4Warning>): ReadonlyArray<ChatMessage> {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user": {
      const texts = message.content.map((part) => {
        if (part.type === "text") return part.text
        throw unsupported(`file parts (${part.mediaType})`, "Gemma 2 reads text only.")
      })
      return [{ role: "user", content: texts.join("\n") }]
    }
    case "assistant": {
      const content = message.content.map((part) => answerText(part, warnings)).join("")
      const toolCalls = message.content.flatMap((part) => (part.type === "tool-call" ? [toCall(part)] : []))
      if (toolCalls.length > 0) return [{ role: "assistant", content, toolCalls }]
      // An answer of which nothing is left, such as a blocked one, is no turn.
      return content === "" ? [] : [{ role: "assistant", content }]
    }
    case "tool":
      return message.content.map((part) => {
        if (part.type !== "tool-result") throw unsupported(`${part.type} parts`, "A tool runs where the app is.")
        return { role: "tool", content: resultText(part.output), toolCallId: part.toolCallId }
      })
    default:
      return unknownRole(message)
  }
}

function answerText(part: AssistantPart, warnings: Array<SharedV4Warning>): string {
  switch (part.type) {
    case "text":
      return part.text
    case "reasoning":
    case "reasoning-file":
      warnOnce(warnings, `${part.type} parts in the prompt`, "They are left out.")
      return ""
    case "custom":
      if (!isFacetPart(part)) warnOnce(warnings, `custom parts "${part.kind}" in the prompt`, "They are left out.")
      return ""
    case "file":
      throw unsupported(`file parts (${part.mediaType})`, "Gemma 2 reads text only.")
    case "tool-call":
      return ""
    default:
      throw unsupported(`${part.type} parts`, "A provider's own tools are not there.")
  }
}

function toCall({ input, toolCallId, toolName }: ToolCallPart): ToolCall {
  const read: unknown = input
  return { id: toolCallId, name: toolName, input: isRecord(read) ? read : inputOf(toolName) }
}

function inputOf(toolName: string): JsonRecord {
  throw unsupported(`calls of ${toolName} whose input is no object`, "Arguments are an object.")
}

/** What a tool found, as the model is told it. */
function resultText(output: ToolOutput): string {
  switch (output.type) {
    case "text":
      return output.value
    case "error-text":
      return JSON.stringify({ error: output.value })
    case "json":
      return JSON.stringify(output.value)
    case "error-json":
      return JSON.stringify({ error: output.value })
    case "execution-denied":
      return JSON.stringify({ error: output.reason ?? "it was not allowed to run" })
    case "content":
      return output.value
        .map((part) => {
          if (part.type === "text") return part.text
          throw unsupported(`${part.type} parts of a tool's result`, "Gemma 2 reads text only.")
        })
        .join("\n")
  }
}

function warnOnce(warnings: Array<SharedV4Warning>, feature: string, details: string): void {
  if (warnings.some((warning) => "feature" in warning && warning.feature === feature)) return
  warnings.push({ type: "unsupported", feature, details })
}

const unsupported = (functionality: string, reason: string) =>
  new UnsupportedFunctionalityError({ functionality, message: `${functionality} are not supported. ${reason}` })

function unknownRole(message: never): never {
  const { role }: { readonly role?: unknown } = message
  throw unsupported(`messages with the role ${show(role)}`, "There are system, user, assistant and tool.")
}
