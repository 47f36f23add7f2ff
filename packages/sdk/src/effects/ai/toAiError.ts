/** Facet's errors in Effect's words. */
import * as AiError from "effect/ai/AiError"
import { errorToPlain, type FacetError } from "../../words/Errors.ts"

/** Which call of which service failed. */
export interface AiCall {
  readonly module: "LanguageModel" | "Tokenizer" | "DecisionModel"
  readonly method: string
}

/** Effect's error for one of ours, which is the cause of its reason: `error.reason.cause`. */
export function toAiError(call: AiCall, error: FacetError): AiError.AiError {
  const reason = reasonOf(error)
  // Only a network error has a field for it.
  if (!("cause" in reason) || reason.cause === undefined) Object.defineProperty(reason, "cause", { value: error })
  return AiError.make({ ...call, reason })
}

/** What can be tried again is one of Effect's retryable reasons; what cannot, is none. */
function reasonOf(error: FacetError): AiError.AiErrorReason {
  const { message: description } = error
  const metadata = { facet: errorToPlain(error) }
  switch (error._tag) {
    case "InvalidRequestError":
      return invalidReason(error.option, error.problem, description, metadata)
    case "ContextOverflowError":
      return new AiError.InvalidRequestError({ parameter: error.subject ?? "prompt", description, metadata })
    case "OverloadedError":
      return new AiError.RateLimitError({ metadata })
    case "DownloadError":
      return new AiError.NetworkError({
        reason: "TransportError",
        method: "GET",
        url: error.url,
        description,
        cause: error,
      })
    case "InvalidObjectError":
      return new AiError.StructuredOutputError({ description, responseText: error.text, metadata })
    case "EngineCrashedError":
    case "GuardTimeoutError":
    case "JudgeError":
    case "ServerError":
      return new AiError.InternalProviderError({ description, metadata })
    case "ClosedError":
    case "CodeLoadError":
    case "ModelFileError":
    case "ModelNotFoundError":
    case "RuntimeError":
    case "ScopeFileError":
    case "StorageError":
    case "UnsupportedDeviceError":
    case "UnsupportedModelError":
    case "WorkerBlockedError":
      return new AiError.UnknownError({ description, metadata })
  }
}

/** Effect tells what a user wrote, a schema and a parameter apart; we name the path. */
function invalidReason(
  option: string,
  constraint: string,
  description: string,
  metadata: AiError.ProviderMetadata,
): AiError.AiErrorReason {
  if (/^(prompt|messages|state)\b/.test(option)) return new AiError.InvalidUserInputError({ description })
  if (/^schema\b/.test(option)) return new AiError.UnsupportedSchemaError({ description, metadata })
  return new AiError.InvalidRequestError({ parameter: option, constraint, description, metadata })
}
