import { isRecord } from "../../../words/Json.ts"
import type { ServedUsage } from "./ServedText.ts"

/** Of prompts, as OpenAI's API tells it. Both 0 where it is not told. */
export function usageOf(usage: unknown): Pick<ServedUsage, "promptTokens" | "cachedTokens"> {
  const { prompt_tokens: prompt, prompt_tokens_details: details } = isRecord(usage) ? usage : {}
  const cached = isRecord(details) ? details["cached_tokens"] : undefined
  return {
    promptTokens: typeof prompt === "number" ? prompt : 0,
    cachedTokens: typeof cached === "number" ? cached : 0,
  }
}

/** Undefined where it is not told. */
export function completionTokensOf(usage: unknown): number | undefined {
  const count = isRecord(usage) ? usage["completion_tokens"] : undefined
  return typeof count === "number" ? count : undefined
}
