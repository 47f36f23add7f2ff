/** What a model is asked: a text, or the turns of a chat, and what of it is whose. */
import { checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { PromptMessage } from "./promptReadings.ts"

/** Who may speak in a chat; `model` is another name for `assistant`. */
export const roles = ["system", "user", "assistant", "model"] as const
export type Role = (typeof roles)[number]

/** One turn of a chat. `system` text is put before the first user turn where a model has no system role. */
export interface ChatMessage {
  readonly role: Role
  readonly content: string
}

/** A text is one user turn. */
export type Prompt = string | ReadonlyArray<ChatMessage>

export const toMessages = (prompt: Prompt): ReadonlyArray<ChatMessage> =>
  typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt

/** A prompt's messages, as guards know them. */
export const promptMessages = (prompt: Prompt): ReadonlyArray<PromptMessage> =>
  toMessages(prompt).map(({ content, role }) => ({ role: role === "model" ? "assistant" : role, text: content }))

/** @throws InvalidRequestError that names the message when it is no prompt, has an unknown role or is not Unicode. */
export function checkPrompt(prompt: Prompt): void {
  if (typeof prompt === "string") return checkUnicode("prompt", prompt)
  if (!Array.isArray(prompt)) {
    throw invalidRequest("prompt", `${typeof prompt} where a prompt is expected`, "Pass a text, or a list of messages.")
  }
  for (const [i, message] of toMessages(prompt).entries()) {
    checkUnicode(`messages[${i}].content`, message?.content)
    checkRole(`messages[${i}].role`, message.role)
  }
}

/** @throws InvalidRequestError unless it is one of {@link roles}. */
export function checkRole(option: string, role: unknown): asserts role is Role {
  if (roles.some((known) => known === role)) return
  throw invalidRequest(option, `${show(role)} is not a role`, "Use system, user or assistant.")
}
