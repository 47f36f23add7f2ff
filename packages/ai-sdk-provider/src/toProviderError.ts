import { AISDKError, InvalidArgumentError } from "@ai-sdk/provider"
import { type InvalidRequestError, isFacetError } from "@facet/sdk/words"
import { FacetProviderError } from "./FacetProviderError.ts"
import { FacetUnavailableError } from "./FacetUnavailableError.ts"
import { argumentOf } from "./OptionNames.ts"

/**
 * What a call throws for what went wrong in Facet. An aborted call throws the signal's reason, as it is; what is no error
 * of Facet's stays what it was.
 */
export function toProviderError(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return signal.reason
  if (AISDKError.isInstance(error) || !isFacetError(error)) return error
  if (error._tag === "InvalidRequestError") return toInvalidArgument(error, argumentOf(error.option))
  if (error._tag === "OverloadedError" || error._tag === "EngineCrashedError") return new FacetUnavailableError(error)
  return new FacetProviderError(error)
}

/** @param argument the option, as whoever calls the AI SDK wrote it. */
export const toInvalidArgument = (error: InvalidRequestError, argument = error.option): InvalidArgumentError =>
  new InvalidArgumentError({ argument, message: `${argument}: ${error.problem}. ${error.remedy}`, cause: error })
