import { AISDKError, APICallError } from "@ai-sdk/provider"
import type { EngineCrashedError, FacetErrorTag, OverloadedError } from "@facet/sdk/words"
import { facetErrorMarker } from "./FacetProviderError.ts"

const name = "AI_FacetUnavailableError"
const marker = `vercel.ai.error.${name}`
const symbol: unique symbol = Symbol.for(marker)

/**
 * The queue is full, or the engine's thread died and restarts: the same call can succeed later, so the AI SDK repeats it
 * (`maxRetries`). It is an `APICallError` although nothing was called over a network, since the AI SDK repeats no other.
 */
export class FacetUnavailableError extends APICallError {
  readonly [symbol] = true
  readonly [facetErrorMarker] = true
  readonly tag: FacetErrorTag

  constructor(cause: OverloadedError | EngineCrashedError) {
    const statusCode = cause._tag === "OverloadedError" ? 503 : 500
    super({
      message: cause.message,
      url: "facet:engine",
      requestBodyValues: {},
      statusCode,
      isRetryable: true,
      cause,
    })
    this.name = name
    this.tag = cause._tag
  }

  static override isInstance(error: unknown): error is FacetUnavailableError {
    return AISDKError.hasMarker(error, marker)
  }
}
