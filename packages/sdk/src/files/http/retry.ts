/** Patience with hosts: how often a request is made again, and after how long. */
import { HostFailure } from "./HostFailure.ts"
import type { HttpSource } from "./HttpSource.ts"

/** Counts the attempts for one file. */
export class Patience {
  readonly #source: HttpSource
  readonly #name: string
  readonly #signal: AbortSignal | undefined
  #failures = 0

  constructor(source: HttpSource, name: string, signal: AbortSignal | undefined) {
    this.#source = source
    this.#name = name
    this.#signal = signal
  }

  /** Something new arrived: the host deserves as many attempts as at first. */
  renew(): void {
    this.#failures = 0
  }

  /**
   * Waits before the next attempt.
   *
   * Rejects with the failure's `DownloadError` when there were enough, with what is no `HostFailure` as it is, and with
   * the signal's reason when aborted.
   */
  async afterFailure(cause: unknown): Promise<void> {
    if (!(cause instanceof HostFailure)) throw cause
    const delay = this.#source.retryDelaysMs[this.#failures++]
    if (delay === undefined || !this.#source.hasAnswered) throw await this.#source.explain(this.#name, cause)
    await pause(delay, this.#signal)
  }
}

/** Makes a request until it succeeds or patience ends. */
export async function retry<A>(
  source: HttpSource,
  name: string,
  signal: AbortSignal | undefined,
  request: () => Promise<A>,
): Promise<A> {
  const patience = new Patience(source, name, signal)
  for (;;) {
    try {
      return await request()
    } catch (cause) {
      await patience.afterFailure(cause)
    }
  }
}

const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      // Whoever aborted chose the reason, an Error or not, as `AbortSignal.throwIfAborted` would throw it.
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop)
      resolve()
    }, milliseconds)
    if (signal?.aborted) stop()
    else signal?.addEventListener("abort", stop, { once: true })
  })
