/** Log-probabilities spell an answer once more, token by token. */
import { wordsOfJson } from "@facet/sdk"
import { isRecord, type JsonRecord } from "@facet/sdk/words"

/** Lists of tokens, and what stands beside them: their numbers, and alternatives that were not given. */
const spelling = ["content", "refusal", "tokens"]
const numbers = ["token_logprobs", "top_logprobs", "text_offset"]
const ofToken = ["token", "logprob", "bytes", "top_logprobs"]

export interface Spelling {
  /** The text that the tokens spell. */
  readonly text: string
  /** Whatever else is said in their place. */
  readonly rest: unknown
}

/** Reads log-probabilities of OpenAI's formats. */
export function spellingOf(logprobs: unknown): Spelling {
  if (Array.isArray(logprobs)) return spellingOfList(logprobs)
  if (!isRecord(logprobs)) return { text: "", rest: logprobs }
  const lists = spelling.map((name) => logprobs[name]).map(spellingOfList)
  const rest = without(logprobs, [...spelling, ...numbers])
  return { text: lists.map(({ text }) => text).join(""), rest: [...lists.map((list) => list.rest), rest] }
}

/** An answer, or a part of one, with its log-probabilities as text, or without them where they only repeat it. */
export function withSpelling(answer: unknown): unknown {
  if (!isRecord(answer) || !("logprobs" in answer)) return answer
  const { logprobs, ...rest } = answer
  const spelt = spellingOf(logprobs)
  return { ...rest, logprobs: [wordsOfJson(rest).includes(spelt.text.trim()) ? "" : spelt.text, spelt.rest] }
}

function spellingOfList(list: unknown): Spelling {
  if (!Array.isArray(list)) return { text: "", rest: list }
  const tokens: ReadonlyArray<unknown> = list
  return {
    text: tokens.map(tokenOf).join(""),
    rest: tokens
      .filter((token) => typeof token !== "string")
      .map((token) => (isRecord(token) ? without(token, ofToken) : token)),
  }
}

function tokenOf(entry: unknown): string {
  if (typeof entry === "string") return entry
  const token = isRecord(entry) ? entry["token"] : undefined
  return typeof token === "string" ? token : ""
}

const without = (object: JsonRecord, names: ReadonlyArray<string>): JsonRecord =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
