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

/**
 * The SDK's own code did not arrive. Its fields and its tag are those of the SDK's `CodeLoadError`, whose class would have
 * come with that code.
 */
export class PageCodeError extends Error {
  readonly _tag = "CodeLoadError"
  override readonly name = "CodeLoadError"
  readonly what = "Facet's code"
  readonly url: string
  readonly problem: string
  readonly remedy = "Try again, or reload the page where that does not help."

  /** @param url where it was to come from; empty where the browser does not tell. */
  constructor(url: string, cause: unknown) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    super(
      `Facet's code${url === "" ? "" : ` (${url})`} did not arrive: ${problem}. Try again, or reload the page where that does not help.`,
      {
        cause,
      },
    )
    this.url = url
    this.problem = problem
  }
}

/** What hooks tell in `error`, as a value. `name` and `_tag` say which one it is, `message` what to do. */
export type FacetHooksError = FacetError | RemoteError | PageCodeError | UnexpectedError
