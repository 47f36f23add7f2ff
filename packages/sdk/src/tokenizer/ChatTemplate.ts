/**
 * Chats and other prompts as token ids, with control tokens where the template puts them and nowhere else.
 */
import { InvalidRequestError } from "../words/Errors.ts"
import { type ChatMessage, checkRole } from "../words/Prompt.ts"
import type { Sliced } from "./Sliced.ts"
import type { TemplatePart } from "./TemplatePart.ts"
import type { Tokenizer } from "./Tokenizer.ts"
import type { TemplateMessage } from "./TokenizerLibrary.ts"
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
 * The ids of a chat in the model's template, `<bos>` first.
 *
 * Gemma 2 knows no system role: system texts stand before the first user text, in one turn with it. Turns of the same
 * role are merged. All are joined by a blank line and trimmed, as the template does.
 *
 * @param options.addGenerationPrompt - end with the opening of the model's turn, for it to go on
 * @throws InvalidRequestError when there is no user message, the assistant speaks first, or a message is malformed
 * @throws ModelFileError when the folder's template is broken
 */
export function* renderChat(
  tokenizer: Tokenizer,
  messages: ReadonlyArray<ChatMessage>,
  options: { readonly addGenerationPrompt: boolean },
): Sliced<Array<number>> {
  const turns = toTurns(messages)
  // The template sees placeholders in place of the contents, so that it can lend them none of its control tokens.
  const rendered = tokenizer.renderTemplate(
    turns.map(({ role }, index) => ({ role, content: `${MARK}${index}${MARK}` })),
    options.addGenerationPrompt,
  )
  const written: Array<number> = []
  const parts = tokenizer.splitAtControls(rendered).map((part) => {
    if (typeof part !== "string") return part
    return part.replaceAll(PLACEHOLDER, (_, digits: string) => {
      const index = Number(digits)
      written.push(index)
      return turns[index]?.content ?? ""
    })
  })
  if (written.length !== turns.length || written.some((index, place) => index !== place)) {
    throw tokenizer.templateError("does not write every message once and in order")
  }
  return yield* encodeTemplate(tokenizer, parts)
}

/** A private-use character that no template uses. */
const MARK = "\u{F0000}"

const PLACEHOLDER = new RegExp(`${MARK}(\\d+)${MARK}`, "gu")

/** Checks messages and brings them into the form that Gemma 2 knows: user and assistant in turn, user first. */
function toTurns(messages: ReadonlyArray<ChatMessage>): ReadonlyArray<TemplateMessage> {
  if (messages.length === 0) {
    throw new InvalidRequestError({
      option: "messages",
      problem: "the list is empty",
      remedy: "Pass at least one message with the role user.",
    })
  }
  const system: Array<string> = []
  const turns: Array<{ readonly role: TemplateMessage["role"]; readonly contents: Array<string> }> = []
  for (const [index, { role, content }] of messages.entries()) {
    checkRole(`messages[${index}].role`, role)
    checkUnicode(`messages[${index}].content`, content)
    const text = content.trim()
    if (role === "system") {
      system.push(text)
      continue
    }
    const speaker = role === "user" ? "user" : "assistant"
    const last = turns.at(-1)
    if (last?.role === speaker) {
      last.contents.push(text)
      continue
    }
    if (last === undefined && speaker === "assistant") {
      throw new InvalidRequestError({
        option: `messages[${index}].role`,
        problem: "the assistant speaks before any user",
        remedy: "Put a message with the role user first.",
      })
    }
    turns.push({ role: speaker, contents: [text] })
  }
  const [first] = turns
  if (first === undefined) {
    throw new InvalidRequestError({
      option: "messages",
      problem: "there is no message with the role user",
      remedy: "Pass at least one; system messages only add to it.",
    })
  }
  first.contents.unshift(...system)
  return turns.map(({ role, contents }) => ({ role, content: contents.filter((text) => text !== "").join("\n\n") }))
}
