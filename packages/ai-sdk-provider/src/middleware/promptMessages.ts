import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { GuardPlan, PromptMessage, Sliced } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"
import { wordsOfFilePart } from "./wordsOfFilePart.ts"

type Message<Role extends LanguageModelV4Message["role"]> = Extract<LanguageModelV4Message, { readonly role: Role }>

/** The messages of a prompt, as a guard reads them. */
export function* promptMessages(
  prompt: LanguageModelV4Prompt,
  roles: GuardPlan["whose"]["roles"],
  reader: Reader,
): Sliced<ReadonlyArray<PromptMessage>> {
  const messages: Array<PromptMessage> = []
  for (const message of prompt) {
    messages.push(yield* promptMessage(message, roles, reader))
    yield
  }
  return messages
}

function* promptMessage(
  message: LanguageModelV4Message,
  roles: GuardPlan["whose"]["roles"],
  reader: Reader,
): Sliced<PromptMessage> {
  switch (message.role) {
    case "system":
      return { role: "system", text: message.content }
    case "user":
      return { role: "user", text: yield* textOfUser(message, reader) }
    case "assistant":
      return { role: "assistant", text: yield* textOfAssistant(message, roles.includes("assistant"), reader) }
    case "tool":
      return { role: "tool", text: roles.includes("tool") ? yield* reader.wordsOfJsonInSlices(message.content) : "" }
    default:
      // Of what the AI SDK may add, nothing passes unread.
      return { role: "user", text: yield* reader.wordsOfJsonInSlices(message) }
  }
}

/** The texts of a message are one text, wherever a file stands between them. */
function* textOfUser({ content }: Message<"user">, reader: Reader): Sliced<string> {
  const text = reader.joinTexts(content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
  const files: Array<string> = []
  for (const part of content) if (part.type !== "text") files.push(yield* wordsOfFilePart(part, reader))
  return lines([text, ...files])
}

/** A model goes on from its text; its reasoning and its tools are read where assistants are judged. */
function* textOfAssistant({ content }: Message<"assistant">, isAllRead: boolean, reader: Reader): Sliced<string> {
  const text = reader.joinTexts(content.flatMap((part) => (part.type === "text" ? [part.text] : [])))
  const rest = isAllRead ? content.filter(({ type }) => type !== "text") : []
  return lines([text, yield* reader.wordsOfJsonInSlices(rest)])
}

const lines = (texts: ReadonlyArray<string>): string => texts.filter((text) => text !== "").join("\n")
