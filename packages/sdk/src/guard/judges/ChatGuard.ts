/** Guards that are chat models behind a server of OpenAI's kind: vLLM, SGLang, llama.cpp, Ollama, Groq. */
import type { ContentTexts } from "../../words/Content.ts"
import { checkFlag } from "../../words/Checks.ts"
import { invalidRequest, JudgeError } from "../../words/Errors.ts"
import type { Judge } from "../../words/Judge.ts"
import { isRecord } from "../../words/Json.ts"
import { askService, unreadable } from "./askService.ts"
import { inPieces } from "./inPieces.ts"
import { judgementOf, type PolicyScore } from "./JudgeSettings.ts"
import { checkService, type ServiceSettings } from "./ServiceSettings.ts"

export interface ChatGuardOptions extends ServiceSettings {
  /** Where the server's API begins: `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string
  /** The model's name, as the server knows it. */
  readonly model: string
  /**
   * Whether log-probabilities are asked for, which P(unsafe) is read of; without them it is 0 or 1. `false` for a server that refuses
   * to be asked, as Groq does. Default true.
   */
  readonly logprobs?: boolean | undefined
}

/** A token that was written, and the likeliest in its place with their probabilities. */
export interface WrittenToken {
  readonly token: string
  readonly likeliest: ReadonlyArray<{ readonly token: string; readonly probability: number }>
}

/** What a guard wrote. */
export interface Written {
  readonly text: string
  /** Empty where the server tells no log-probabilities. */
  readonly tokens: ReadonlyArray<WrittenToken>
}

export interface ChatGuard {
  readonly name: string
  readonly options: ChatGuardOptions
  /** Names of options beside those of all such guards. */
  readonly names: ReadonlyArray<string>
  readonly policies: ReadonlyArray<string>
  readonly mostTokens: number
  readonly read: (written: Written) => ReadonlyArray<PolicyScore>
}

/** Fits with its template into a window of 8,192 tokens, whatever the language. */
const pieceCharacters = 6_000
/** The most alternatives that servers of OpenAI's kind tell. */
const alternatives = 20

/** The guard's own template, which its server applies, asks about the last message: a prompt's, or an answer's. */
export function chatGuard({ mostTokens, name, names, options, policies, read }: ChatGuard): Judge {
  checkService(options, ["model", "logprobs", ...names], false)
  checkFlag("logprobs", options.logprobs)
  const { baseUrl, logprobs = true, model } = options
  if (baseUrl === undefined) throw invalidRequest("baseUrl", "it is missing", "Say where the server's API begins.")
  if (typeof model !== "string" || model === "") {
    throw invalidRequest("model", "it is no text", "Name the model as the server knows it.")
  }
  const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`
  const ask = async (content: ContentTexts, signal: AbortSignal) => {
    const body = {
      model,
      messages: messagesOf(content),
      temperature: 0,
      max_tokens: mostTokens,
      ...(logprobs && { logprobs, top_logprobs: alternatives }),
    }
    const request = { url, body, signal, keyHeader: ["authorization", "Bearer "] as const }
    const answer = await askService(name, options, request).catch((error: unknown) => {
      throw logprobs ? withRemedy(error) : error
    })
    return read(writtenOf(name, answer["choices"]))
  }
  return {
    name,
    judge: async ({ prompt, response }, { signal }) => {
      const most = options.pieceCharacters ?? pieceCharacters
      const text = response ?? prompt ?? ""
      if (text.trim() === "")
        return judgementOf(
          policies.map((policy) => ({ policy, score: 0 })),
          options,
        )
      // The question gives the answer its sense; its end is nearest to it.
      const question = (prompt ?? "").slice(-most).toWellFormed()
      return await inPieces(text, most, options, (piece) =>
        ask(response === undefined ? { prompt: piece, response } : { prompt: question, response: piece }, signal),
      )
    },
  }
}

/** A server that refuses what it is asked may do so for one field alone. */
const withRemedy = (error: unknown): unknown =>
  error instanceof JudgeError && (error.status === 400 || error.status === 422)
    ? new JudgeError({
        judge: error.judge,
        problem: error.problem,
        remedy: `${error.remedy} Some refuse to tell log-probabilities: pass \`logprobs: false\`.`,
        status: error.status,
      })
    : error

/** Templates of such guards want a user's message first. */
const messagesOf = ({ prompt = "", response }: ContentTexts) => [
  { role: "user", content: prompt },
  ...(response === undefined ? [] : [{ role: "assistant", content: response }]),
]

function writtenOf(name: string, choices: unknown): Written {
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  const message = isRecord(choice) ? choice["message"] : undefined
  const text = isRecord(message) ? message["content"] : undefined
  if (!isRecord(choice) || typeof text !== "string") throw unreadable(name, "it has no message")
  const { logprobs } = choice
  const content = isRecord(logprobs) ? logprobs["content"] : undefined
  return { text, tokens: Array.isArray(content) ? content.map(tokenOf) : [] }
}

function tokenOf(entry: unknown): WrittenToken {
  const { token, top_logprobs: top } = isRecord(entry) ? entry : {}
  const likeliest = (Array.isArray(top) ? top : []).flatMap((one: unknown) => {
    const { logprob, token: other } = isRecord(one) ? one : {}
    return typeof other === "string" && typeof logprob === "number"
      ? [{ token: other, probability: Math.exp(logprob) }]
      : []
  })
  return { token: typeof token === "string" ? token : "", likeliest }
}

/**
 * How a token's place is shared between words, each told by how it begins: a word's first token may be a part of it.
 *
 * @returns a share for each word, which sum to 1; undefined where none of them is among the likeliest
 */
export function sharesOf({ likeliest }: WrittenToken, words: ReadonlyArray<string>): ReadonlyArray<number> | undefined {
  const sums = words.map((word) =>
    likeliest.reduce((sum, { probability, token }) => {
      const begun = token.trim().toLowerCase()
      return begun !== "" && word.startsWith(begun) ? sum + probability : sum
    }, 0),
  )
  const all = sums.reduce((sum, share) => sum + share, 0)
  return all > 0 ? sums.map((share) => share / all) : undefined
}
