/**
 * Chats and other prompts as token ids, with control tokens where the template puts them and nowhere else.
 */
import { InvalidRequestError, ModelFileError } from "../words/Errors.ts"
import { type ChatMessage, checkRole } from "../words/Prompt.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { TemplatePart } from "../words/TemplatePart.ts"
import type { TemplateMessage, Tokenizer } from "./Tokenizer.ts"
import { checkUnicode } from "../words/Checks.ts"
import { fillIn, placeholder, stripEnd, stripStart } from "./fillIn.ts"

/** A message that is text, and nothing else. */
interface TextMessage extends TemplateMessage {
  readonly role: Exclude<TemplateMessage["role"], "tool">
  readonly content: string
}

/**
 * The ids of parts in a row. Neighbouring strings are joined before they are encoded, so that their tokens are those of
 * the whole text; strings never give control tokens.
 *
 * @throws InvalidRequestError when a string has a lone surrogate
 * @throws ModelFileError when the tokenizer lacks a control token
 */
export function* encodeTemplate(tokenizer: Tokenizer, parts: ReadonlyArray<TemplatePart>): Sliced<Array<number>> {
  const ids: Array<number> = []
  let text = ""
  for (const part of parts) {
    if (typeof part === "string") {
      text += part
      continue
    }
    for (const id of yield* tokenizer.encodeInSlices(text)) ids.push(id)
    text = ""
    ids.push(tokenizer.controlId(part.control))
  }
  for (const id of yield* tokenizer.encodeInSlices(text)) ids.push(id)
  return ids
}

/**
 * How a chat ends: with the opening of the model's turn, for it to answer; with the last turn closed; or with the last turn
 * open where its content ends, for the model to go on with it.
 */
export type ChatEnd = "answer" | "closed" | "open"

/**
 * The ids of a chat in the model's template.
 *
 * The template gets the messages as they are. Gemma 2's knows no system role and no two turns of one role in a row: from
 * a template that refuses the messages, or leaves some out, system texts are put before the first user text, in one turn
 * with it, and turns of the same role are merged, joined by a blank line.
 *
 * @param end - how the last turn stands
 * @throws InvalidRequestError when there is no message, one is malformed, or the template takes them in neither form
 *   because no user speaks or the assistant speaks first
 * @throws ModelFileError when the folder's template is broken
 */
export function* renderChat(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<ChatMessage>,
  end: ChatEnd,
): Sliced<Array<number>> {
  const given = checkMessages(messages)
  return yield* encodeTemplate(tokenizer, written(tokenizer, given, end) ?? rewritten(tokenizer, given, end))
}

/** Stands where the user's text would: another private-use character that no template uses. */
const BORDER = "\u{F0001}"

/**
 * What stands before and after the text of a chat of one user turn, so that texts that begin alike need be encoded once.
 *
 * @throws ModelFileError when the folder's template is broken
 */
export function aroundUser(tokenizer: Tokenizer): {
  readonly before: ReadonlyArray<TemplatePart>
  readonly after: ReadonlyArray<TemplatePart>
} {
  const message = { role: "user", content: BORDER } as const
  const parts = written(tokenizer, [message], "answer") ?? rewritten(tokenizer, [message], "answer")
  const at = parts.findIndex((part) => typeof part === "string" && part.includes(BORDER))
  const part = parts[at]
  const [start = "", end = ""] = typeof part === "string" ? part.split(BORDER) : []
  return { before: [...parts.slice(0, at), start], after: [end, ...parts.slice(at + 1)] }
}

function checkMessages(messages: ReadonlyArray<ChatMessage>): ReadonlyArray<TextMessage> {
  if (messages.length === 0) {
    throw new InvalidRequestError({
      option: "messages",
      problem: "the list is empty",
      remedy: "Pass at least one message with the role user.",
    })
  }
  return messages.map(({ content, role }, index) => {
    checkRole(`messages[${index}].role`, role)
    checkUnicode(`messages[${index}].content`, content)
    return { role: role === "model" ? "assistant" : role, content }
  })
}

/** What the template makes of the messages; undefined when it refuses them or does not write each once and in order. */
function written(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<TextMessage>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> | undefined {
  try {
    return filledIn(tokenizer, messages, end)
  } catch (cause) {
    if (cause instanceof ModelFileError) return undefined
    throw cause
  }
}

/** The same of the messages in the form that Gemma 2 knows. Says what is wrong with them, or with the template. */
function rewritten(tokenizer: Tokenizer, messages: ReadonlyArray<TextMessage>, end: ChatEnd) {
  const parts = filledIn(tokenizer, toTurns(messages, end === "open"), end)
  if (parts === undefined) throw tokenizer.templateError("does not write every message once and in order")
  return parts
}

/** @throws ModelFileError when the template is broken or refuses the messages. */
function filledIn(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<TextMessage>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> | undefined {
  const given = messages.map(({ role }, index) => ({ role, content: placeholder(index) }))
  const rendered = tokenizer.renderTemplate(given, end === "answer")
  const contents = messages.map(({ content }) => content)
  return fillIn(tokenizer, contents, rendered, end === "open")
}

/** User and assistant in turn, user first. The end of an open one stays as it is. */
function toTurns(messages: ReadonlyArray<TextMessage>, isOpen: boolean): ReadonlyArray<TextMessage> {
  const system: Array<string> = []
  const turns: Array<{ readonly role: TextMessage["role"]; readonly contents: Array<string> }> = []
  for (const [index, { role, content }] of messages.entries()) {
    const text = stripEnd(stripStart(content, true), !(isOpen && index === messages.length - 1))
    if (role === "system") {
      system.push(text)
      continue
    }
    const last = turns.at(-1)
    if (last?.role === role) {
      last.contents.push(text)
      continue
    }
    if (last === undefined && role === "assistant") {
      throw new InvalidRequestError({
        option: `messages[${index}].role`,
        problem: "the assistant speaks before any user",
        remedy: "Put a message with the role user first.",
      })
    }
    turns.push({ role, contents: [text] })
  }
  const [first] = turns
  if (first === undefined) {
    throw new InvalidRequestError({
      option: "messages",
      problem: "there is no message with the role user",
      remedy: "Pass at least one; system messages only add to it.",
    })
  }
  return turns.map((turn) => {
    const contents = turn === first ? [...system, ...turn.contents] : turn.contents
    return { role: turn.role, content: contents.filter((text) => text !== "").join("\n\n") }
  })
}
