/** What people say in a JSON body: the AI SDK's UI messages, OpenAI's requests, `{ prompt }`, or anything else. */
import { wordsOfJson } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"
import { UnreadableBodyError } from "../UnreadableBodyError.ts"
import { type Input, inputOf } from "./Input.ts"

/** Roles of what a model or a tool said before. */
const answering = new Set(["assistant", "tool", "function", "model"])

/** @throws UnreadableBodyError when a prompt is a list of token ids */
export function inputOfJson(body: unknown): Input {
  if (!isRecord(body)) return inputOf(wordsIn(body))
  const { input, messages, prompt, ...rest } = body
  checkTokens(prompt)
  checkTokens(input)
  const turns = [...turnsOf(messages), ...turnsOf(input), ...turnsOf(prompt)]
  return inputOf([...wordsIn(rest), ...turns.flatMap(({ texts }) => texts)], lastQuestion(turns))
}

interface Turn {
  readonly isUser: boolean
  readonly texts: ReadonlyArray<string>
}

/** What the last turn says is said by whoever asks, whatever its role: a model would go on from there. */
function turnsOf(list: unknown): ReadonlyArray<Turn> {
  if (!Array.isArray(list)) return list === undefined ? [] : [{ isUser: true, texts: wordsIn(list) }]
  const turns: ReadonlyArray<unknown> = list
  return turns.map((turn, index) => turnOf(turn, index === turns.length - 1))
}

function turnOf(turn: unknown, isLast: boolean): Turn {
  if (!isRecord(turn)) return { isUser: true, texts: wordsIn(turn) }
  const role = roleOf(turn)
  if (!answering.has(role)) return { isUser: role === "user", texts: wordsIn(turn) }
  return { isUser: false, texts: isLast && role !== "tool" && role !== "function" ? wordsIn(ownText(turn)) : [] }
}

/** Items of OpenAI's Responses that are no messages come from the model or its tools. */
function roleOf({ role, type }: JsonRecord): string {
  if (typeof role === "string") return role
  if (typeof type !== "string") return "user"
  if (type.endsWith("_output")) return "tool"
  return /_call$|^reasoning$|^item_reference$/.test(type) ? "assistant" : "user"
}

/** What an assistant's turn says, without its tools and its reasoning. */
function ownText({ content, parts }: JsonRecord): unknown {
  const isText = (part: unknown) => !isRecord(part) || part["type"] === "text" || part["type"] === "output_text"
  const textParts = (value: unknown) => (Array.isArray(value) ? value.filter(isText) : value)
  return [textParts(content), textParts(parts)]
}

const wordsIn = (value: unknown): ReadonlyArray<string> => [wordsOfJson(value)].filter((words) => words !== "")

function lastQuestion(turns: ReadonlyArray<Turn>): string | undefined {
  return turns.findLast(({ isUser, texts }) => isUser && texts.length > 0)?.texts.join("\n")
}

function checkTokens(prompt: unknown): void {
  const list: ReadonlyArray<unknown> = Array.isArray(prompt) ? prompt.flat() : []
  if (!list.some((entry) => typeof entry === "number")) return
  throw new UnreadableBodyError({
    of: "input",
    reason: "unsupported",
    problem: "The prompt is a list of token ids, which cannot be judged",
    remedy: "Send it as text.",
  })
}
