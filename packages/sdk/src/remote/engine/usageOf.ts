import { isRecord } from "../../words/Json.ts"
import type { Asked } from "./judgeByLogprobs.ts"

/** Both 0 where it is not told. */
export function usageOf(usage: unknown): Pick<Asked, "promptTokens" | "cachedTokens"> {
  const { prompt_tokens: prompt, prompt_tokens_details: details } = isRecord(usage) ? usage : {}
  const cached = isRecord(details) ? details["cached_tokens"] : undefined
  return {
    promptTokens: typeof prompt === "number" ? prompt : 0,
    cachedTokens: typeof cached === "number" ? cached : 0,
  }
}
