/** What of a prompt is whose. */
import type { ChatMessage, Prompt } from "./Prompt.ts"

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
