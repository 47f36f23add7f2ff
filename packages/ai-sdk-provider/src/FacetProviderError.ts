import { AISDKError } from "@ai-sdk/provider"
import type { FacetError, FacetErrorTag } from "@facet/sdk/words"

const name = "AI_FacetProviderError"
const marker = `vercel.ai.error.${name}`

/** Set on every error that comes from Facet itself, whatever class of the AI SDK it belongs to. */
export const facetErrorMarker: unique symbol = Symbol.for(marker)

/**
 * Something that Facet failed with: the model is not there, the prompt is too long, the engine is closed. `cause` is
 * Facet's own typed error, `tag` its name.
 *
 * @example
 * if (FacetProviderError.isInstance(error) && error.tag === "ModelNotFoundError") console.log(error.message)
 */
export class FacetProviderError extends AISDKError {
  readonly [facetErrorMarker] = true
  readonly tag: FacetErrorTag

  constructor(cause: FacetError) {
    super({ name, message: cause.message, cause })
    this.tag = cause._tag
  }

  /** Whether it came from Facet; also true for a {@link FacetUnavailableError}, and for copies of this package. */
  static override isInstance(error: unknown): error is FacetProviderError {
    return AISDKError.hasMarker(error, marker)
  }
}
