/** Log-probabilities spell an answer once more, token by token. */
import { isRecord } from "../json/isRecord.ts"

/**
 * The text that log-probabilities of OpenAI's formats spell. Their alternatives, single tokens of answers that were not
 * given, are not part of it.
 */
export function textOfLogprobs(logprobs: unknown): string {
  if (Array.isArray(logprobs)) return logprobs.map(tokenOf).join("")
  if (!isRecord(logprobs)) return ""
  const { content, refusal, tokens } = logprobs
  return [content, refusal, tokens].map((list) => (Array.isArray(list) ? list.map(tokenOf).join("") : "")).join("")
}

function tokenOf(entry: unknown): string {
  if (typeof entry === "string") return entry
  const token = isRecord(entry) ? entry["token"] : undefined
  return typeof token === "string" ? token : ""
}
