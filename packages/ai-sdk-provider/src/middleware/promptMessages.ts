import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { GuardPlan, PromptMessage } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"
import { wordsOfFilePart } from "./wordsOfFilePart.ts"

type Message<Role extends LanguageModelV4Message["role"]> = Extract<LanguageModelV4Message, { readonly role: Role }>

/** The messages of a prompt, as a guard reads them. */
export const promptMessages = (
  prompt: LanguageModelV4Prompt,
  roles: GuardPlan["roles"],
  reader: Reader,
): ReadonlyArray<PromptMessage> =>
  prompt.map((message): PromptMessage => {
    switch (message.role) {
      case "system":
        return { role: "system", text: message.content }
      case "user":
        return { role: "user", text: textOfUser(message, reader) }
      case "assistant":
        return { role: "assistant", text: textOfAssistant(message, roles.includes("assistant"), reader) }
      case "tool":
        return { role: "tool", text: roles.includes("tool") ? reader.wordsOfJson(message.content) : "" }
      default:
        // Of what the AI SDK may add, nothing passes unread.
        return { role: "user", text: reader.wordsOfJson(message) }
    }
  })

/** The texts of a message are one text, wherever a file stands between them. */
function textOfUser({ content }: Message<"user">, reader: Reader): string {
  const text = reader.joinTexts(content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
  const files = content.flatMap((part) => (part.type === "text" ? [] : [wordsOfFilePart(part, reader)]))
  return lines([text, ...files])
}

/** A model goes on from its text; its reasoning and its tools are read where assistants are judged. */
function textOfAssistant({ content }: Message<"assistant">, isAllRead: boolean, reader: Reader): string {
  const text = reader.joinTexts(content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
  const rest = isAllRead ? content.filter(({ type }) => type !== "text") : []
  return lines([text, reader.wordsOfJson(rest)])
}

const lines = (texts: ReadonlyArray<string>): string => texts.filter((text) => text !== "").join("\n")
