import type { Facet, SharedFacet } from "@facet/sdk"
import { ClosedError } from "@facet/sdk/words"

/**
 * The shared Facet, opened if it is not. Whatever is wrong with how it is opened, the client has no part in it.
 *
 * @param toError what is thrown instead of that.
 */
export async function openedFor(
  signal: AbortSignal,
  shared: SharedFacet,
  toError: (cause: unknown) => Error,
): Promise<Facet> {
  try {
    return await shared.get({ signal })
  } catch (error) {
    if (signal.aborted || error instanceof ClosedError) throw error
    throw toError(error)
  }
}
