/** A text that has not begun may begin at another address. */
import { ServerError } from "../../../words/Errors.ts"
import type { EnginePart } from "../../../words/Generation.ts"
import type { Endpoint } from "../connection/Endpoint.ts"

/**
 * Begins a text, and where that breaks off before its first part, begins it at each of the other addresses: many servers send
 * their headers, and whose turn it is, before they have read the prompt. What has begun is never begun again.
 *
 * @param begin asks the address that is next
 */
export async function* beginElsewhere(
  endpoint: Endpoint,
  begin: () => AsyncIterable<EnginePart>,
  signal: AbortSignal,
): AsyncGenerator<EnginePart, void, void> {
  let hasBegun = false
  for (let others = endpoint.others; ; others--) {
    const place = endpoint.place
    try {
      for await (const part of begin()) {
        hasBegun = true
        yield part
      }
      return
    } catch (cause) {
      // A status is an answer, which was asked for at all addresses where it makes a difference.
      const isBroken = cause instanceof ServerError && cause.status === undefined
      if (!isBroken || hasBegun || others === 0 || signal.aborted) throw cause
      endpoint.passOver(place)
    }
  }
}
