/** What the Hub says of a repository: its commit, its files, its licence. */
import { DownloadError, isFacetError } from "../../words/Errors.ts"
import { HostFailure } from "../http/HostFailure.ts"
import { type Fetch, impatience } from "../http/HttpSource.ts"
import { type PatientSource, retry } from "../http/retry.ts"
import { checkRelativePath } from "./checkRelativePath.ts"
import { hubRefusal } from "./hubRefusal.ts"
import { type ContentHash, readEtag } from "./readEtag.ts"

export interface RepositoryFile {
  /** Relative to the repository's root. */
  readonly path: string
  /** In bytes. */
  readonly size: number
  readonly hash: ContentHash | undefined
}

/** A repository at one commit. */
export interface Repository {
  readonly commit: string
  /** As its card names it: `gemma`. */
  readonly licence: string | undefined
  readonly isGated: boolean
  readonly files: ReadonlyArray<RepositoryFile>
}

export interface HubApiOptions {
  readonly endpoint: string
  readonly hasToken: boolean
  /** Brings the login, and only where it belongs. */
  readonly fetch: Fetch
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
  readonly stallMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** No model has more; a list without an end is a fault of the host's. */
const mostFiles = 10_000

export class HubApi implements PatientSource {
  readonly retryDelaysMs: ReadonlyArray<number>
  hasAnswered = false
  readonly #options: HubApiOptions

  constructor(options: HubApiOptions) {
    this.#options = options
    this.retryDelaysMs = options.retryDelaysMs ?? [300, 1000, 3000]
  }

  /**
   * Looks a repository up.
   *
   * @param folder whose files are wanted, without those of folders in it; the repository's root is `""`.
   *
   * Rejects with a `DownloadError` that says what to do, and with the signal's reason when aborted.
   */
  async look(repository: string, revision: string, folder: string): Promise<Repository> {
    // Only who downloads needs the library.
    const { listFiles, modelInfo } = await import("@huggingface/hub")
    const { endpoint } = this.#options
    const hub = { hubUrl: endpoint, fetch: this.#fetchFor(repository, revision) }
    const page = `${endpoint}/${repository}`
    return this.#understood(page, async () => {
      const info = await modelInfo({ ...hub, name: repository, revision, additionalFields: ["sha", "cardData"] })
      if (!/^[\da-f]{40}$/.test(info.sha)) throw misunderstood(page, "it names no commit")
      const files: Array<RepositoryFile> = []
      const where = folder === "" ? {} : { path: folder }
      for await (const { lfs, oid, path, size, type } of listFiles({
        ...hub,
        ...where,
        repo: repository,
        revision: info.sha,
      })) {
        if (type !== "file") continue
        checkRelativePath(page, path)
        files.push({ path, size: lfs?.size ?? size, hash: readEtag(lfs?.oid ?? oid) })
        if (files.length > mostFiles) throw misunderstood(page, "its list of files has no end")
      }
      const licence: unknown = info.cardData?.license
      return {
        commit: info.sha,
        licence: typeof licence === "string" ? licence : undefined,
        isGated: info.gated !== false && info.gated !== undefined,
        files,
      }
    })
  }

  explain(page: string, failure: HostFailure): Promise<DownloadError> {
    const { host } = new URL(this.#options.endpoint)
    const problem = failure.kind === "unreachable" ? `${host} does not answer` : failure.message
    return Promise.resolve(
      new DownloadError({
        url: page,
        problem,
        remedy:
          "Check the network; behind a proxy set HTTPS_PROXY, for a mirror HF_ENDPOINT. docs/downloading.md says how models get to machines without a network.",
      }),
    )
  }

  /** The library takes what comes for what it should be. */
  async #understood<A>(page: string, ask: () => Promise<A>): Promise<A> {
    try {
      return await ask()
    } catch (cause) {
      this.#options.signal?.throwIfAborted()
      if (isFacetError(cause)) throw cause
      throw misunderstood(page, cause instanceof Error ? cause.message : String(cause))
    }
  }

  #fetchFor(repository: string, revision: string): typeof fetch {
    const { endpoint, hasToken, signal } = this.#options
    const page = `${endpoint}/${repository}`
    return async (input, init = {}) => {
      const address = input instanceof Request ? input.url : String(input)
      return retry(this, page, signal, async () => {
        const response = await this.#ask(address, init)
        if (response.ok && isJson(response)) return response
        await response.body?.cancel()
        if (response.ok) {
          throw misunderstood(
            page,
            `a web page came in place of an answer (${response.headers.get("content-type") ?? "no type"})`,
          )
        }
        if (response.status === 429 || response.status >= 500) throw impatience(response)
        throw (
          hubRefusal({ endpoint, repository, revision, hasToken }, page, response) ??
          misunderstood(page, `status ${response.status}`)
        )
      })
    }
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

const misunderstood = (page: string, problem: string): DownloadError =>
  new DownloadError({
    url: page,
    problem: `the hub's answer makes no sense: ${problem}`,
    remedy: "Check HF_ENDPOINT, and whether the network asks for a login of its own: open the page in a browser.",
  })
