/** Questions to a host that answers in JSON, and hosts in its place that do not. */
import { connectionCode } from "../../words/connectionCode.ts"
import { DownloadError, isFacetError } from "../../words/Errors.ts"
import { tlsRemedy } from "../../words/tlsRemedy.ts"
import { HostFailure } from "../http/HostFailure.ts"
import { type Fetch, impatience } from "../http/HttpSource.ts"
import { type PatientSource, retry } from "../http/retry.ts"

export interface JsonApiOptions {
  /** The page that errors are about. */
  readonly page: string
  /** Brings the login, and only where it belongs. */
  readonly fetch: Fetch
  /** What a status means that no patience helps against. */
  readonly whyRefused: (response: Response) => DownloadError | undefined
  /** What to check when nothing answers, beside the network. */
  readonly remedy: string
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
  readonly stallMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export class JsonApi implements PatientSource {
  readonly retryDelaysMs: ReadonlyArray<number>
  hasAnswered = false
  readonly #options: JsonApiOptions

  constructor(options: JsonApiOptions) {
    this.#options = options
    this.retryDelaysMs = options.retryDelaysMs ?? [300, 1000, 3000]
  }

  /**
   * An answer that is JSON.
   *
   * Rejects with a `DownloadError` that says what to do, and with the signal's reason when aborted.
   */
  get(address: string, init: RequestInit = {}): Promise<Response> {
    const { page, signal, whyRefused } = this.#options
    return retry(this, page, signal, async () => {
      const response = await this.#ask(address, init)
      if (response.ok && isJson(response)) return response
      await response.body?.cancel()
      if (response.ok) {
        const type = response.headers.get("content-type") ?? "no type"
        throw this.misunderstood(`a web page came in place of an answer (${type})`)
      }
      if (response.status === 429 || response.status >= 500) throw impatience(response)
      throw whyRefused(response) ?? this.misunderstood(`status ${response.status}`)
    })
  }

  /** Runs what takes an answer for what it should be: whatever that throws is the host's fault. */
  async understood<A>(ask: () => Promise<A>): Promise<A> {
    try {
      return await ask()
    } catch (cause) {
      this.#options.signal?.throwIfAborted()
      if (isFacetError(cause)) throw cause
      throw this.misunderstood(cause instanceof Error ? cause.message : String(cause))
    }
  }

  misunderstood(problem: string): DownloadError {
    return new DownloadError({
      url: this.#options.page,
      problem: `the host's answer makes no sense: ${problem}`,
      remedy: `Open the page in a browser: the network may ask for a login of its own. ${this.#options.remedy}`.trim(),
    })
  }

  explain(page: string, failure: HostFailure): Promise<DownloadError> {
    const { host } = new URL(page)
    const code = connectionCode(failure.cause)
    const problem = failure.kind === "unreachable" ? `${host} does not answer` : failure.message
    const network = tlsRemedy(code) ?? "Check the network; behind a proxy set HTTPS_PROXY."
    const remedy = `${network} ${this.#options.remedy}`
    return Promise.resolve(new DownloadError({ url: page, problem, remedy }))
  }

  async #ask(address: string, init: RequestInit): Promise<Response> {
    const { signal, stallMs = 30_000 } = this.#options
    signal?.throwIfAborted()
    const limit = AbortSignal.timeout(stallMs)
    try {
      const answer = await this.#options.fetch(address, {
        ...init,
        signal: AbortSignal.any([limit, ...(signal === undefined ? [] : [signal])]),
      })
      this.hasAnswered = true
      return answer
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof HostFailure) throw cause
      if (limit.aborted) throw new HostFailure("broken", `the host sent nothing for ${stallMs / 1000} seconds`)
      throw new HostFailure("unreachable", "the connection broke", { cause })
    }
  }
}

const isJson = ({ headers }: Response): boolean => /\bjson\b/.test(headers.get("content-type") ?? "")
