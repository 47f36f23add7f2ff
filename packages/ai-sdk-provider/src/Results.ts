/** Facet's results in the AI SDK's words. */
import type { LanguageModelV4FinishReason, LanguageModelV4Usage, SharedV4ProviderMetadata } from "@ai-sdk/provider"
import { type FinishPart, type FinishReason, type Generation, ownMetadata, type Usage, toJson } from "@facet/sdk/words"

const unified = {
  stop: "stop",
  length: "length",
  blocked: "content-filter",
  "tool-calls": "tool-calls",
} as const satisfies Record<FinishReason, LanguageModelV4FinishReason["unified"]>

export const finishReasonOf = (raw: FinishReason): LanguageModelV4FinishReason => ({ unified: unified[raw], raw })

/**
 * Every token of the prompt that was run is also kept in the prefix cache; for how long depends on its size, so that
 * `cacheWrite` is not claimed.
 */
export const usageOf = (usage: Usage): LanguageModelV4Usage => ({
  inputTokens: {
    total: usage.promptTokens,
    noCache: usage.promptTokens - usage.cachedTokens,
    cacheRead: usage.cachedTokens,
    cacheWrite: undefined,
  },
  outputTokens: { total: usage.completionTokens, text: usage.completionTokens, reasoning: 0 },
  raw: { ...usage },
})

/** What was used is not known when the engine stopped in the middle. */
export const unknownUsage: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
}

/** `providerMetadata.facet`: timings, and what the guard and the log-probabilities were, where they were asked for. */
export const providerMetadataOf = ({
  guard,
  logprobs,
  timings,
}: Pick<FinishPart | Generation, "guard" | "logprobs" | "timings">): SharedV4ProviderMetadata => ({
  facet: ownMetadata(toJson({ timings, guard, logprobs })),
})

/** A name for a response, which nothing else has. */
export const newResponseId = (): string => {
  // `crypto.randomUUID` is missing on pages without https.
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return `facet-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`
}
