/** The tokens of what an engine is asked, refused before work that whoever asks could choose the size of. */
import { renderChat } from "../tokenizer/ChatTemplate.ts"
import { renderToolChat } from "../tokenizer/renderToolChat.ts"
import { ContextOverflowError, InvalidRequestError, invalidRequest } from "../words/Errors.ts"
import { type ChatMessage, isTokenPrompt, toMessages } from "../words/Prompt.ts"
import type { RenderRequest } from "../words/Request.ts"
import type { Sliced } from "../words/Sliced.ts"
import type { ToldTool } from "../words/Tool.ts"
import type { OpenModel } from "./OpenModel.ts"

/** A text as it is, `<bos>` first. */
export function* rawTokens(model: OpenModel, text: string, subject?: "text"): Sliced<ReadonlyArray<number>> {
  checkMayFit(model, text.length, subject)
  const ids = yield* model.tokenizer.encodeInSlices(text)
  ids.unshift(model.config.bosId)
  return ids
}

/** How a prompt is read. */
type Reading = Pick<RenderRequest, "prompt" | "template" | "continueFinalMessage" | "addGenerationPrompt" | "tools">

/** A prompt by the chat template, unless it is taken as it is. */
export function* promptTokens(
  model: OpenModel,
  { addGenerationPrompt, continueFinalMessage = false, prompt, template, tools }: Reading,
): Sliced<ReadonlyArray<number>> {
  const isChat = !isTokenPrompt(prompt) && template !== "none"
  if (addGenerationPrompt === true && (!isChat || continueFinalMessage)) {
    throw invalidRequest("addGenerationPrompt", "there is no turn that could be opened", "Leave it out.")
  }
  const isAnswered = addGenerationPrompt ?? true
  if (isTokenPrompt(prompt)) {
    checkUntouched({ template, continueFinalMessage })
    checkFit(model, prompt.tokens.length)
    return checkVocabulary("prompt.tokens", prompt.tokens, model.config.vocabSize)
  }
  if (template !== "none") {
    const messages = toMessages(prompt)
    if (continueFinalMessage) checkContinuable(messages)
    else if (isAnswered) checkAnswerable(messages)
    const said = messages.reduce((sum, { content }) => sum + content.trim().length, 0)
    checkMayFit(model, said + (tools === undefined ? 0 : toldLength(messages, tools)), undefined)
    const end = continueFinalMessage ? "open" : isAnswered ? "answer" : "closed"
    return yield* tools === undefined
      ? renderChat(model.tokenizer, messages, end)
      : renderToolChat(model.tokenizer, messages, tools, end)
  }
  if (continueFinalMessage) throw nothingToContinue("a text without a template is continued in any case")
  if (typeof prompt === "string") return yield* rawTokens(model, prompt)
  throw new InvalidRequestError({
    option: "prompt",
    problem: "a chat cannot do without its template",
    remedy: 'Pass a text with `template: "none"`, or the chat without it.',
  })
}

/** What the template is told beside what is said: about so long, of which a token says a part. */
const toldLength = (messages: ReadonlyArray<ChatMessage>, tools: ReadonlyArray<ToldTool>): number =>
  JSON.stringify([tools, messages.map(({ toolCalls = [] }) => toolCalls.map(({ input }) => input))]).length

/** The template would close the assistant's turn and open another, which answers nothing. */
function checkAnswerable(messages: ReadonlyArray<ChatMessage>): void {
  const last = messages.at(-1)?.role
  if (last !== "assistant" && last !== "model") return
  throw invalidRequest(
    `messages[${messages.length - 1}].role`,
    "the last message is the assistant's, and there is nothing to answer",
    "End with a message of the user. To have the last one go on, set `continueFinalMessage`.",
  )
}

function checkContinuable(messages: ReadonlyArray<ChatMessage>): void {
  const last = messages.at(-1)?.role
  if (last !== "assistant" && last !== "model") throw nothingToContinue("the last message is not the assistant's")
}

const nothingToContinue = (problem: string): InvalidRequestError =>
  invalidRequest("continueFinalMessage", problem, "Leave it out, or end the chat with a message of the assistant.")

/** Token ids are run as they are: a template would be ignored. */
function checkUntouched({ continueFinalMessage, template }: Pick<Reading, "continueFinalMessage" | "template">): void {
  const option = template === "chat" ? "template" : continueFinalMessage === true ? "continueFinalMessage" : undefined
  if (option === undefined) return
  throw invalidRequest(option, "token ids are run as they are", "Leave it out, or pass a text or a chat.")
}

function checkFit({ config }: OpenModel, tokens: number): void {
  if (tokens > config.contextLength) throw new ContextOverflowError({ tokens, limit: config.contextLength })
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
    "Pass a text, or tokens of the same model.",
  )
}
