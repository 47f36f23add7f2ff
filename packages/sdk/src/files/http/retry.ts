/** Patience with hosts: how often a request is made again, and after how long. */
import { HostFailure } from "./HostFailure.ts"

/** A host, as patience with it sees it. */
export interface PatientSource {
  /** Milliseconds before the second attempt and each further one. */
  readonly retryDelaysMs: ReadonlyArray<number>
  /** A host that never answered is not asked again: the address is wrong, or there is no network. */
  readonly hasAnswered: boolean
  /** What to tell the user when asking again did not help. */
  readonly explain: (name: string, failure: HostFailure) => Promise<Error>
}

/** A host that asks for more patience than this, in milliseconds, is given up: the user may have other plans. */
const longestWait = 5 * 60_000

/** Counts the attempts for one file. */
export class Patience {
  readonly #source: PatientSource
  readonly #name: string
  readonly #signal: AbortSignal | undefined
  #failures = 0

  constructor(source: PatientSource, name: string, signal: AbortSignal | undefined) {
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
    const asked = cause.retryAfterMs ?? 0
    if (delay === undefined || !this.#source.hasAnswered || asked > longestWait) {
      throw await this.#source.explain(this.#name, cause)
    }
    await pause(Math.max(delay, asked), this.#signal)
  }
}

/** Makes a request until it succeeds or patience ends. */
export async function retry<A>(
  source: PatientSource,
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
