import type { FacetError } from "./Errors.ts"

/** The names of all errors that Facet fails with. Apart from their classes, which a page loads with a model. */
export const errorTags = [
  "ModelNotFoundError",
  "ModelFileError",
  "UnsupportedModelError",
  "ScopeFileError",
  "InvalidRequestError",
  "ContextOverflowError",
  "OverloadedError",
  "EngineCrashedError",
  "ClosedError",
  "GuardTimeoutError",
  "JudgeError",
  "ServerError",
  "RuntimeError",
  "UnsupportedDeviceError",
  "DownloadError",
  "StorageError",
  "WorkerBlockedError",
  "CodeLoadError",
  "InvalidObjectError",
] as const
export type FacetErrorTag = (typeof errorTags)[number]

/** An error of ours by its name alone: true of those of another copy of this package, too. */
export const hasFacetTag = (value: unknown): value is FacetError =>
  value instanceof Error && "_tag" in value && isErrorTag(value._tag)

export const isErrorTag = (tag: unknown): tag is FacetErrorTag => errorTags.some((known) => known === tag)
