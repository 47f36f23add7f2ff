/** What another's promise gives, as long as somebody waits for it. Rejects with the signal's reason when nobody does any more. */
export function whileWaited<A>(given: Promise<A>, signal: AbortSignal): Promise<A> {
  const { promise: left, reject } = Promise.withResolvers<never>()
  const leave = () => reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener("abort", leave, { once: true })
  return Promise.race([given, left]).finally(() => signal.removeEventListener("abort", leave))
}
