/** A prompt as it is written without what a judge cuts out of it. */
import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider"
import type { SaidOtherwise } from "@facet/sdk"
import { type GuardPlan, writtenMessages } from "@facet/sdk/words"
import type { Reader } from "./Reader.ts"

type Roles = GuardPlan["whose"]["roles"]
type Writing = Pick<Reader, "saidOtherwise" | "withWritten" | "writableStrings">

/** The strings that may be written anew: texts, and what is told of tools where they are judged; no files. */
export function stringsOfPrompt(
  prompt: LanguageModelV4Prompt,
  roles: Roles,
  { writableStrings }: Writing,
): ReadonlyArray<string> {
  const isWritten = writtenMessages(prompt, roles)
  return prompt.flatMap((message, place) => {
    if (!isWritten(place)) return []
    if (message.role === "system") return [message.content]
    if (message.role === "tool") return writableStrings(message.content)
    return message.content.flatMap((part) => (part.type === "text" ? [part.text] : []))
  })
}

/** The prompt with strings that are said otherwise. */
export function writtenPrompt(
  prompt: LanguageModelV4Prompt,
  roles: Roles,
  said: SaidOtherwise,
  writing: Writing,
): LanguageModelV4Prompt {
  const isWritten = writtenMessages(prompt, roles)
  return prompt.map((message, place) => (isWritten(place) ? writtenMessage(message, said, writing) : message))
}

function writtenMessage(
  message: LanguageModelV4Message,
  said: SaidOtherwise,
  { saidOtherwise, withWritten }: Writing,
): LanguageModelV4Message {
  if (message.role === "system") return { ...message, content: saidOtherwise(message.content, said) }
  // The same parts with other strings in them.
  if (message.role === "tool")
    return { ...message, content: withWritten(message.content, said) as typeof message.content }
  const withText = <Part extends { readonly type: string }>(part: Part): Part =>
    part.type === "text" && "text" in part && typeof part.text === "string"
      ? { ...part, text: saidOtherwise(part.text, said) }
      : part
  return message.role === "user"
    ? { ...message, content: message.content.map(withText) }
    : { ...message, content: message.content.map(withText) }
}
