/** Log-probabilities as servers of OpenAI's kind tell them: in the chat's form, or in that of `/v1/completions`. */
import { isList, isRecord } from "../../../words/Json.ts"
import type { TokenAlternative, TokenLogprob } from "../../../words/TokenLogprob.ts"

/** Where a server does not tell a token's id. */
const unknownId = -1

/** The log-probabilities of a choice, a token each; undefined where it tells none. */
export function openAiLogprobs(logprobs: unknown): ReadonlyArray<TokenLogprob> | undefined {
  if (!isRecord(logprobs)) return undefined
  const { content, token_logprobs: chosen, tokens, top_logprobs: top } = logprobs
  if (isList(content)) return content.flatMap((entry) => ofChat(entry) ?? [])
  if (!isList(tokens) || !isList(chosen)) return undefined
  return tokens.map((token, i) => ({
    ...alternative(String(token), Number(chosen[i])),
    top: isList(top) && isRecord(top[i]) ? ofEntries(top[i]) : [],
  }))
}

function ofChat(entry: unknown): TokenLogprob | undefined {
  const told = ofToken(entry)
  if (told === undefined || !isRecord(entry)) return undefined
  const top = isList(entry["top_logprobs"]) ? entry["top_logprobs"].flatMap((one) => ofToken(one) ?? []) : []
  return { ...told, top }
}

function ofToken(entry: unknown): TokenAlternative | undefined {
  if (!isRecord(entry)) return undefined
  const { bytes, id, logprob, token } = entry
  if (typeof token !== "string" || typeof logprob !== "number") return undefined
  const told = alternative(token, logprob, typeof id === "number" ? id : unknownId)
  return isList(bytes) && bytes.every((byte) => typeof byte === "number") ? { ...told, bytes } : told
}

const ofEntries = (entries: object): ReadonlyArray<TokenAlternative> =>
  Object.entries(entries)
    .map(([token, logprob]) => alternative(token, Number(logprob)))
    .toSorted((a, b) => b.logprob - a.logprob)

const alternative = (token: string, logprob: number, id = unknownId): TokenAlternative => ({
  token,
  id,
  bytes: [...new TextEncoder().encode(token)],
  logprob,
})
