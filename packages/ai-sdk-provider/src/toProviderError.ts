import { AISDKError, InvalidArgumentError } from "@ai-sdk/provider"
import type { FacetError, InvalidRequestError } from "@facet/sdk"
import { FacetProviderError } from "./FacetProviderError.ts"
import { FacetUnavailableError } from "./FacetUnavailableError.ts"

/**
 * What a call throws for what went wrong in Facet. An aborted call throws the signal's reason, as it is; what is no error
 * of Facet's stays what it was.
 */
export function toProviderError(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return signal.reason
  if (AISDKError.isInstance(error) || !isFacetError(error)) return error
  if (error._tag === "InvalidRequestError") return toInvalidArgument(error)
  if (error._tag === "OverloadedError" || error._tag === "EngineCrashedError") return new FacetUnavailableError(error)
  return new FacetProviderError(error)
}

const tags: Readonly<Record<FacetError["_tag"], true>> = {
  ModelNotFoundError: true,
  ModelFileError: true,
  UnsupportedModelError: true,
  ScopeFileError: true,
  InvalidRequestError: true,
  ContextOverflowError: true,
  OverloadedError: true,
  EngineCrashedError: true,
  GuardTimeoutError: true,
  ClosedError: true,
  RuntimeError: true,
  UnsupportedDeviceError: true,
  DownloadError: true,
  StorageError: true,
  WorkerBlockedError: true,
}

/** By its tag: the classes would have to be loaded with the whole SDK. */
const isFacetError = (error: unknown): error is FacetError =>
  error instanceof Error && "_tag" in error && typeof error._tag === "string" && Object.hasOwn(tags, error._tag)

/** Names of the AI SDK for Facet's options. */
const callOptions: Readonly<Record<string, string>> = {
  maxTokens: "maxOutputTokens",
  stop: "stopSequences",
  guard: "providerOptions.facet.guard",
  trace: "providerOptions.facet.trace",
  repetitionPenalty: "providerOptions.facet.repetitionPenalty",
  minP: "providerOptions.facet.minP",
  logprobs: "providerOptions.facet.logprobs",
  policies: "providerOptions.facet.guard.policies",
  layer: "providerOptions.facet.layer",
}

function toInvalidArgument(error: InvalidRequestError): InvalidArgumentError {
  const { option, problem, remedy } = error
  const argument = option.replace(/^\w+/, (name) => callOptions[name] ?? name)
  return new InvalidArgumentError({ argument, message: `${argument}: ${problem}. ${remedy}`, cause: error })
}
