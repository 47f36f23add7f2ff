/** Effect's prompts as Facet's chats. */
import type * as Prompt from "effect/ai/Prompt"
import { invalidRequest } from "../../words/Errors.ts"
import type { ChatMessage } from "../../words/Prompt.ts"

/**
 * Text parts of a user's message are joined by a line break; those of an answer as they are, since they were cut out of one
 * text.
 *
 * @throws InvalidRequestError with the path of a part that no model here reads: files, reasoning, and all about tools
 */
export function toChat({ content }: Prompt.Prompt): ReadonlyArray<ChatMessage> {
  return content.flatMap((message, i) => toMessages(message, `prompt[${i}]`))
}

function toMessages(message: Prompt.Message, path: string): ReadonlyArray<ChatMessage> {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: textsOf(message, path).join("\n") }]
    case "assistant": {
      const content = textsOf(message, path).join("")
      // An answer of which nothing is left, such as a blocked one, is no turn.
      return content === "" ? [] : [{ role: "assistant", content }]
    }
    case "tool":
      throw invalidRequest(path, "it is a tool message, and tools are not supported here", "Leave it out.")
  }
}

const textsOf = ({ content }: Prompt.UserMessage | Prompt.AssistantMessage, path: string): ReadonlyArray<string> =>
  content.map((part, i) => {
    if (part.type === "text") return part.text
    const name = part.type === "file" ? `file (${part.mediaType})` : `${part.type} part`
    throw invalidRequest(`${path}.content[${i}]`, `it is a ${name}, and the model reads text only`, "Leave it out.")
  })
