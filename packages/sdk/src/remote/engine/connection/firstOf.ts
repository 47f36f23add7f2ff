import { pause } from "./Patience.ts"

/**
 * Begins once, and once more where the first takes long; whichever ends well first counts, and the other is given up. Fails
 * with the first failure where both fail.
 *
 * @param after milliseconds until it is begun again
 */
export async function firstOf<A>(
  begin: (signal: AbortSignal) => Promise<A>,
  after: number,
  signal: AbortSignal,
): Promise<A> {
  const enough = new AbortController()
  const either = AbortSignal.any([signal, enough.signal])
  const first = begin(either)
  const isSlow = pause(after, either).then(
    () => true,
    () => false,
  )
  try {
    // A failure before that time is told at once.
    if ((await Promise.race([first.then(() => false), isSlow])) === false) return await first
    const second = begin(either)
    return await Promise.any([first, second]).catch(() => first)
  } finally {
    enough.abort()
  }
}
