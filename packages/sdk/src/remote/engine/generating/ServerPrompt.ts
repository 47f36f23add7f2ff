/** Prompts as servers take them. */
import { invalidRequest } from "../../../words/Errors.ts"
import { type ChatMessage, isTokenPrompt, toMessages } from "../../../words/Prompt.ts"
import type { GenerateRequest } from "../../../words/Request.ts"
import { checkNoControls } from "../ControlTokens.ts"

/** @throws InvalidRequestError for what a server would read as more than a text */
export function textOf({ prompt }: Pick<GenerateRequest, "prompt">): string | ReadonlyArray<number> {
  if (isTokenPrompt(prompt)) return prompt.tokens
  const text = typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("")
  checkNoControls("prompt", text)
  return text
}

export interface ServerMessage {
  readonly role: string
  readonly content: string
}

/** In the form that every Gemma's template takes: system texts stand before the first user text, in one turn with it. */
export function messagesOf({ prompt }: Pick<GenerateRequest, "prompt">): ReadonlyArray<ServerMessage> {
  if (isTokenPrompt(prompt)) {
    throw invalidRequest("prompt", "it is token ids, which a server's chat does not take", 'Add `template: "none"`.')
  }
  const messages = toMessages(prompt)
  for (const [i, { content }] of messages.entries()) {
    checkNoControls(typeof prompt === "string" ? "prompt" : `messages[${i}].content`, content)
  }
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content.trim())
  const turns = messages.filter(({ role }) => role !== "system")
  const first = turns.findIndex(({ role }) => role === "user")
  if (first < 0) {
    throw invalidRequest("messages", "there is no message with the role user", "Pass at least one.")
  }
  return turns.map((message, i) => ({ role: roleOf(message), content: withSystem(message, i === first ? system : []) }))
}

const roleOf = ({ role }: ChatMessage): string => (role === "model" ? "assistant" : role)

const withSystem = ({ content }: ChatMessage, system: ReadonlyArray<string>): string =>
  [...system.filter((text) => text !== ""), content].join("\n\n")
