/**
 * Calls a function of an app that is only told something. That it fails decides nothing: it is written to the console,
 * and what was told of goes on as if it had not.
 *
 * @param name of the option that holds it.
 */
export function callHook(name: string, call: () => unknown): void {
  // oxlint-disable-next-line no-console -- the app has no other place that hears of its own hooks
  const tell = (error: unknown): void => console.error(`${name} failed, which changes nothing else:`, error)
  try {
    const result = call()
    // One that is async fails later, and nobody else would hear of it.
    if (result instanceof Promise) result.catch(tell)
  } catch (error) {
    tell(error)
  }
}
