import { hasFacetTag } from "@facet/sdk/words"
import { type FacetHooksError, UnexpectedError } from "./FacetHooksError.ts"

/** By its tag: the classes of the other errors would have to be loaded. */
const isHooksError = (error: unknown): error is FacetHooksError =>
  hasFacetTag(error) ||
  error instanceof UnexpectedError ||
  (error instanceof Error && "_tag" in error && error._tag === "RemoteError")

/**
 * What `error` tells of something that was thrown.
 *
 * @param operation what was being done, for an error that is none of these
 */
export const toHooksError = (operation: string, cause: unknown): FacetHooksError =>
  isHooksError(cause) ? cause : new UnexpectedError(operation, cause)
