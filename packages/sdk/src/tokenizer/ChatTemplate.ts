/**
 * Chats and other prompts as token ids, with control tokens where the template puts them and nowhere else.
 */
import { InvalidRequestError, ModelFileError } from "../words/Errors.ts"
import { type ChatMessage, checkRole } from "../words/Prompt.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { TemplatePart } from "../words/TemplatePart.ts"
import type { TemplateMessage, Tokenizer } from "./Tokenizer.ts"
import { checkUnicode } from "../words/Checks.ts"

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

function checkMessages(messages: ReadonlyArray<ChatMessage>): ReadonlyArray<TemplateMessage> {
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

/** A private-use character that no template uses. */
const MARK = "\u{F0000}"

/** A space that no template writes, around each placeholder: whether it is still there says what the template trims. */
const PADDING = "\u2003"

const PLACEHOLDER = new RegExp(`(${PADDING}?)${MARK}(\\d+)${MARK}(${PADDING}?)`, "gu")

/** What the template makes of the messages; undefined when it refuses them or does not write each once and in order. */
function written(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<TemplateMessage>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> | undefined {
  try {
    return fillIn(tokenizer, messages, end)
  } catch (cause) {
    if (cause instanceof ModelFileError) return undefined
    throw cause
  }
}

/** The same of the messages in the form that Gemma 2 knows. Says what is wrong with them, or with the template. */
function rewritten(tokenizer: Tokenizer, messages: ReadonlyArray<TemplateMessage>, end: ChatEnd) {
  const parts = fillIn(tokenizer, toTurns(messages, end === "open"), end)
  if (parts === undefined) throw tokenizer.templateError("does not write every message once and in order")
  return parts
}

/**
 * The template sees placeholders in place of the contents, so that it can lend them none of its control tokens.
 *
 * @throws ModelFileError when the template is broken or refuses the messages.
 */
function fillIn(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<TemplateMessage>,
  end: ChatEnd,
): ReadonlyArray<TemplatePart> | undefined {
  const whole = tokenizer.renderTemplate(
    messages.map(({ role }, index) => ({ role, content: `${PADDING}${MARK}${index}${MARK}${PADDING}` })),
    end === "answer",
  )
  const rendered = end === "open" ? upToLast(whole, messages.length - 1) : whole
  const order: Array<number> = []
  const parts = tokenizer.splitAtControls(rendered).map((part) => {
    if (typeof part !== "string") return part
    return part.replaceAll(PLACEHOLDER, (_, before: string, digits: string, after: string) => {
      const index = Number(digits)
      order.push(index)
      const content = messages[index]?.content ?? ""
      const isOpen = end === "open" && index === messages.length - 1
      return stripEnd(stripStart(content, before === ""), after === "" && !isOpen)
    })
  })
  const isComplete = order.length === messages.length && order.every((index, place) => index === place)
  return isComplete ? parts : undefined
}

/** A rendered chat up to the end of its last message. */
function upToLast(rendered: string, last: number): string {
  const mark = `${MARK}${last}${MARK}`
  const start = rendered.lastIndexOf(mark)
  return start < 0 ? rendered : rendered.slice(0, start + mark.length)
}

/** What Python's `str.strip` takes for white space, in whose words templates are written. */
const SPACE = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"
const LEADING = new RegExp(`^${SPACE}+`, "u")

const stripStart = (text: string, isTrimmed: boolean): string => (isTrimmed ? text.replace(LEADING, "") : text)

/** From behind, by hand: a pattern for it takes quadratic time. */
function stripEnd(text: string, isTrimmed: boolean): string {
  let end = text.length
  while (isTrimmed && end > 0 && LEADING.test(text[end - 1]!)) end--
  return text.slice(0, end)
}

/** User and assistant in turn, user first. The end of an open one stays as it is. */
function toTurns(messages: ReadonlyArray<TemplateMessage>, isOpen: boolean): ReadonlyArray<TemplateMessage> {
  const system: Array<string> = []
  const turns: Array<{ readonly role: TemplateMessage["role"]; readonly contents: Array<string> }> = []
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
