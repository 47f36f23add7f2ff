import { type FacetHooksError, UnexpectedError } from "./FacetHooksError.ts"

const tags: Readonly<Record<FacetHooksError["_tag"], true>> = {
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
  RemoteError: true,
  UnexpectedError: true,
}

/** By its tag: the classes would have to be loaded with the whole SDK. */
const isHooksError = (error: unknown): error is FacetHooksError =>
  error instanceof Error && "_tag" in error && typeof error._tag === "string" && Object.hasOwn(tags, error._tag)

/**
 * What `error` tells of something that was thrown.
 *
 * @param operation what was being done, for an error that is none of these
 */
export const toHooksError = (operation: string, cause: unknown): FacetHooksError =>
  isHooksError(cause) ? cause : new UnexpectedError(operation, cause)
