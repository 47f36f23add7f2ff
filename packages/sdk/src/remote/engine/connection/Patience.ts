/** Asking again: how often, after how long, and no longer than a budget in all. */

/** Sends again after 429, 502, 503 and 504; what those say is that a server did nothing. */
const mostRetries = 3
const patient: ReadonlyArray<number> = [429, 502, 503, 504]
/** Milliseconds: of the first wait, and of all waits for one request. */
const firstWait = 250
const waitBudget = 10_000

export const asksForPatience = ({ status }: Response): boolean => patient.includes(status)

export class Patience {
  #attempts = 0
  #waited = 0

  /**
   * Waits until it is time to ask again.
   *
   * @param after what servers asked for, in milliseconds; undefined where they did not say
   * @returns whether to ask again: false where there was enough of it
   */
  async waits(after: number | undefined, signal: AbortSignal): Promise<boolean> {
    // Exponential with full jitter, so that clients do not come back together.
    const wait = after ?? Math.random() * firstWait * 2 ** this.#attempts
    if (this.#attempts >= mostRetries || this.#waited + wait > waitBudget) return false
    this.#attempts++
    this.#waited += wait
    await pause(wait, signal)
    return true
  }
}

/** Seconds or a date. Source: RFC 9110, section 10.2.3. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get("retry-after")
  if (text === null) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

export function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, reject, resolve } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  const timer = setTimeout(resolve, ms)
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener("abort", abort)
  })
}
