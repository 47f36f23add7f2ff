/** What a model is asked: a text, or the turns of a chat. */
import * as Schema from "effect/Schema"

/**
 * One turn of a chat. `system` text is put before the first user turn, since Gemma 2 has no system role; `model` is
 * another name for `assistant`.
 */
export const ChatMessage = Schema.Struct({
  role: Schema.Literals(["system", "user", "assistant", "model"]),
  content: Schema.String,
})
export type ChatMessage = typeof ChatMessage.Type

/** A text is one user turn. */
export const Prompt = Schema.Union([Schema.String, Schema.Array(ChatMessage)])
export type Prompt = typeof Prompt.Type

export const toMessages = (prompt: Prompt): ReadonlyArray<ChatMessage> =>
  typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt

/** What the user wrote in all turns: what a guard judges before a model sees it. */
export const userText = (prompt: Prompt): string =>
  toMessages(prompt)
    .filter(({ role }) => role === "user")
    .map(({ content }) => content)
    .join("\n\n")

/** What an answer answers: the last user turn, which may be several messages in a row. */
export const lastUserText = (prompt: Prompt): string => {
  const messages = toMessages(prompt)
  const end = messages.findLastIndex(({ role }) => role === "user") + 1
  const start = messages.slice(0, end).findLastIndex(({ role }) => role !== "user") + 1
  return userText(messages.slice(start, end))
}
