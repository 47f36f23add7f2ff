/** What a model is asked: a text, or the turns of a chat, and what of it is whose. */
import { checkUnicode, show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import { isRecord, type JsonRecord } from "./Json.ts"
import type { PromptMessage } from "./promptReadings.ts"
import type { ToolCall } from "./Tool.ts"

/** Who may speak in a chat; `model` is another name for `assistant`. */
export const roles = ["system", "user", "assistant", "model"] as const
/** What a tool found is a message of the role `tool`. */
export type Role = (typeof roles)[number] | "tool"

/** One turn of a chat. `system` text is put before the first user turn where a model has no system role. */
export interface ChatMessage {
  readonly role: Role
  readonly content: string
  /** What the assistant called, after its text. */
  readonly toolCalls?: ReadonlyArray<ToolCall> | undefined
  /** The call that a message of the role `tool` is the result of. */
  readonly toolCallId?: string | undefined
}

/** Token ids, which are run as they are: nothing is put before them, `<bos>` neither. At least one. */
export interface TokenPrompt {
  readonly tokens: ReadonlyArray<number>
}

/** A text is one user turn. */
export type Prompt = string | ReadonlyArray<ChatMessage> | TokenPrompt

/** Whether a prompt, or a text that may be given as tokens, is token ids. */
export const isTokenPrompt = (prompt: unknown): prompt is TokenPrompt =>
  typeof prompt === "object" && prompt !== null && !Array.isArray(prompt) && "tokens" in prompt

export const toMessages = (prompt: string | ReadonlyArray<ChatMessage>): ReadonlyArray<ChatMessage> =>
  typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt

/**
 * A prompt's messages, as guards know them.
 *
 * @throws InvalidRequestError for token ids, whose words only their model knows.
 */
export function promptMessages(prompt: Prompt): ReadonlyArray<PromptMessage> {
  if (isTokenPrompt(prompt)) {
    const remedy = "Pass { prompt, response } as texts."
    throw invalidRequest("prompt", "it is token ids, which cannot be judged", remedy)
  }
  return toMessages(prompt).map(({ content, role }) => ({ role: role === "model" ? "assistant" : role, text: content }))
}

/** Whether tools were called in a chat. */
export const holdsToolCalls = (prompt: unknown): prompt is ReadonlyArray<ChatMessage> =>
  Array.isArray(prompt) && prompt.some((message: unknown) => isRecord(message) && isOfTools(message))

const isOfTools = ({ role, toolCallId, toolCalls }: JsonRecord): boolean =>
  role === "tool" || toolCalls !== undefined || toolCallId !== undefined

/**
 * A prompt as it travels. Of other people's messages only what is read: the rest may be what no thread can be sent.
 *
 * @throws InvalidRequestError that names what is no prompt, such as an unknown role or what is not Unicode.
 */
export function readPrompt(prompt: Prompt): Prompt {
  checkPrompt(prompt)
  if (typeof prompt === "string") return prompt
  if (isTokenPrompt(prompt)) return { tokens: [...prompt.tokens] }
  return prompt.map(({ content, role }) => ({ role, content }))
}

function checkPrompt(prompt: Prompt): void {
  if (typeof prompt === "string") return checkUnicode("prompt", prompt)
  if (isTokenPrompt(prompt)) return checkTokens("prompt.tokens", prompt.tokens)
  if (!Array.isArray(prompt)) {
    const remedy = "Pass a text, or a list of messages."
    throw invalidRequest("prompt", `${typeof prompt} where a prompt is expected`, remedy)
  }
  for (const [i, message] of toMessages(prompt).entries()) {
    checkUnicode(`messages[${i}].content`, message?.content)
    checkRole(`messages[${i}].role`, message.role)
  }
}

/** @throws InvalidRequestError unless it is a list of whole numbers from 0; which of them a model has, it knows itself. */
export function checkTokens(option: string, tokens: unknown): asserts tokens is ReadonlyArray<number> {
  if (!Array.isArray(tokens) || tokens.length === 0) {
    throw invalidRequest(option, "it is no list, or an empty one", "Pass a list of token ids.")
  }
  const wrong = tokens.findIndex((id) => !Number.isSafeInteger(id) || id < 0)
  if (wrong < 0) return
  throw invalidRequest(`${option}[${wrong}]`, "it is no token id", "Pass a list of token ids.")
}

/**
 * What is read of a text that may be given as tokens; they travel without what else stands beside them.
 *
 * @throws InvalidRequestError that names the field.
 */
export function readTextOrTokens(text: string | TokenPrompt): string | ReadonlyArray<number> {
  if (!isTokenPrompt(text)) {
    checkUnicode("text", text)
    return text
  }
  checkTokens("text.tokens", text.tokens)
  return [...text.tokens]
}

/** @throws InvalidRequestError unless it is one of {@link roles}. */
export function checkRole(option: string, role: unknown): asserts role is Exclude<Role, "tool"> {
  if (roles.some((known) => known === role)) return
  throw invalidRequest(option, `${show(role)} is not a role`, "Use system, user or assistant.")
}
