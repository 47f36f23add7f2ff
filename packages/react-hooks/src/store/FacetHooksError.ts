import type { RemoteError } from "@facet/sdk/remote"
import type { FacetError } from "@facet/sdk/words"

/** Something failed that is no error of Facet's: a chunk of the page that could not be loaded, a function of the app's. */
export class UnexpectedError extends Error {
  readonly _tag = "UnexpectedError"
  override readonly name = "UnexpectedError"

  /** @param operation what was being done */
  constructor(operation: string, cause: unknown) {
    super(`${operation} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** What hooks tell in `error`, as a value. `name` and `_tag` say which one it is, `message` what to do. */
export type FacetHooksError = FacetError | RemoteError | UnexpectedError
