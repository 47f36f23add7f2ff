/** The tokens of what an engine is asked, refused before work that whoever asks could choose the size of. */
import { renderChat } from "../tokenizer/ChatTemplate.ts"
import { ContextOverflowError, InvalidRequestError, invalidRequest } from "../words/Errors.ts"
import { type ChatMessage, toMessages } from "../words/Prompt.ts"
import type { GenerateRequest } from "../words/Request.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { OpenModel } from "./OpenModel.ts"

/** A text as it is, `<bos>` first. */
export function* rawTokens(model: OpenModel, text: string, subject?: "text"): Sliced<ReadonlyArray<number>> {
  checkMayFit(model, text.length, subject)
  const ids = yield* model.tokenizer.encodeInSlices(text)
  ids.unshift(model.config.bosId)
  return ids
}

/** A prompt by the chat template, unless it is taken as it is. */
export function* promptTokens(model: OpenModel, { prompt, template }: GenerateRequest): Sliced<ReadonlyArray<number>> {
  if (template !== "none") {
    const messages = toMessages(prompt)
    checkAnswerable(messages)
    checkMayFit(
      model,
      messages.reduce((sum, { content }) => sum + content.trim().length, 0),
      undefined,
    )
    return yield* renderChat(model.tokenizer, messages, { addGenerationPrompt: true })
  }
  if (typeof prompt === "string") return yield* rawTokens(model, prompt)
  throw new InvalidRequestError({
    option: "prompt",
    problem: "a chat cannot do without its template",
    remedy: 'Pass a text with `template: "none"`, or the chat without it.',
  })
}

/** The template would close the assistant's turn and open another, which answers nothing. */
function checkAnswerable(messages: ReadonlyArray<ChatMessage>): void {
  const last = messages.at(-1)?.role
  if (last !== "assistant" && last !== "model") return
  throw invalidRequest(
    `messages[${messages.length - 1}].role`,
    "the last message is the assistant's, and there is nothing to answer",
    'End with a message of the user. To have a text go on, pass it with `template: "none"`.',
  )
}

/**
 * Refuses a text that cannot fit however it is cut into tokens: tokenising it to learn how many they are would take a
 * time that whoever sends it chooses.
 *
 * @param length UTF-16 units.
 */
export function checkMayFit({ config, tokenizer }: OpenModel, length: number, subject: "text" | undefined): void {
  const tokens = Math.ceil(length / tokenizer.longestPiece)
  if (tokens <= config.contextLength) return
  const size = { tokens, limit: config.contextLength, characters: length }
  throw new ContextOverflowError(subject === undefined ? size : { ...size, subject })
}

/** Gives the tokens back if all are in the model's vocabulary. */
export function checkVocabulary(
  option: string,
  tokens: ReadonlyArray<number>,
  vocabSize: number,
): ReadonlyArray<number> {
  const unknown = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize)
  if (unknown < 0) return tokens
  throw invalidRequest(
    `${option}[${unknown}]`,
    `there is no token ${tokens[unknown]} in this model's vocabulary`,
    "Pass a text, or the tokens of a generation of the same model.",
  )
}
