/** The files of one folder on a web server, by byte ranges. */
import { DownloadError } from "../../words/Errors.ts"
import { checkedBytes, contentProblem } from "./contentProblem.ts"
import type { FolderUrl } from "./folderUrl.ts"
import { HostFailure } from "./HostFailure.ts"

/** A file that is being sent. It must be read to its end or cancelled. */
export interface HttpBody {
  /** Which byte of the file comes first: the one asked for, or 0 from a host that ignores ranges. */
  readonly offset: number
  /** Of the whole file in bytes, where the host tells. */
  readonly size: number | undefined
  /** Equal for equal versions of the file; undefined where the host gives nothing that proves it. */
  readonly validator: string | undefined
  /** What the Hub says the file's content is, while another host sends it: an LFS file's SHA-256, or git's SHA-1. */
  readonly linkedEtag: string | undefined
  readonly mimeType: string
  /** Whether the host heeded the range. */
  readonly isPartial: boolean
  /** Fails with a `HostFailure` when the connection breaks. */
  readonly chunks: () => AsyncIterable<Uint8Array>
  readonly cancel: () => void
}

/** What a host says of a file without sending it. */
export type Description = Pick<HttpBody, "size" | "validator" | "linkedEtag" | "mimeType">

/** A host that sends nothing for so long is given up, and asked again. */
const defaultStallMs = 30_000
const defaultRetryDelaysMs: ReadonlyArray<number> = [300, 1000, 3000]

/** Why there was no answer, and what to do. */
export interface Unreachable {
  readonly problem: string
  readonly remedy: string
}

export interface HttpSourceOptions {
  readonly signal?: AbortSignal | undefined
  /** How long a host may send nothing, in milliseconds. Default 30 seconds. */
  readonly stallMs?: number | undefined
  /** Milliseconds before the second attempt and each further one. Default 300, 1000, 3000: four attempts in all. */
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
  /** Finds out why an address gave no answer: a page is told nothing, and other places differ. Never rejects. */
  readonly whyUnreachable?: ((url: string) => Promise<Unreachable>) | undefined
  /** Whether the host has answered already, something else: then it is worth asking again. */
  readonly hasAnswered?: boolean | undefined
  /** Makes a request in place of `fetch`: with a login, or through a proxy. */
  readonly fetch?: Fetch | undefined
  /** What to tell the user of a status that no patience helps against, where the place knows more than the status says. */
  readonly whyRefused?: ((url: string, response: Response) => DownloadError | undefined) | undefined
}

/** `fetch`, as far as it is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What to ask for. */
export interface Wanted {
  /** The first byte that is not wanted; left out: all to the file's end. */
  readonly end?: number | undefined
  /** The version that the bytes must be of: a host that has another sends that from its start on. */
  readonly ifRange?: string | undefined
}

const unreachable = async (url: string): Promise<Unreachable> => ({
  problem: `${new URL(url).host} does not answer`,
  remedy: "Check the address and the network.",
})

/** Some object stores answer 403 for what is not there, so that nobody can list them. */
const absent = new Set([403, 404, 410])

export class HttpSource {
  readonly #folder: FolderUrl
  readonly #signal: AbortSignal | undefined
  readonly #stallMs: number
  readonly #whyUnreachable: (url: string) => Promise<Unreachable>
  readonly #fetcher: Fetch
  readonly #whyRefused: (url: string, response: Response) => DownloadError | undefined
  readonly retryDelaysMs: ReadonlyArray<number>
  #hasAnswered: boolean

  constructor(folder: FolderUrl, options: HttpSourceOptions = {}) {
    const {
      fetch: fetcher = (url, init) => fetch(url, init),
      hasAnswered = false,
      retryDelaysMs = defaultRetryDelaysMs,
      signal,
      stallMs = defaultStallMs,
      whyRefused = () => undefined,
      whyUnreachable = unreachable,
    } = options
    this.#fetcher = fetcher
    this.#hasAnswered = hasAnswered
    this.#whyRefused = whyRefused
    this.retryDelaysMs = retryDelaysMs
    this.#folder = folder
    this.#signal = signal
    this.#stallMs = stallMs
    this.#whyUnreachable = whyUnreachable
  }

  get root(): string {
    return this.#folder.root
  }

  /** A host that never answered is not asked again: the address is wrong, or there is no network. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /**
   * Asks for a file from byte `offset` to `end` (exclusive) or to its end.
   *
   * @returns undefined when there is no such file and `isOptional`.
   * Rejects with a `HostFailure` when asking again may help, with a `DownloadError` when it will not, and with the
   * signal's reason when aborted.
   */
  async open(
    name: string,
    offset: number,
    wanted: Wanted & { readonly isOptional: true },
  ): Promise<HttpBody | undefined>
  async open(name: string, offset: number, wanted?: Wanted): Promise<HttpBody>
  async open(
    name: string,
    offset: number,
    { end, ifRange, isOptional = false }: Wanted & { readonly isOptional?: boolean } = {},
  ): Promise<HttpBody | undefined> {
    const asked = {
      Range: `bytes=${offset}-${end === undefined ? "" : end - 1}`,
      ...(ifRange !== undefined && { "If-Range": ifRange }),
    }
    const { attempt, isEncoded, ...answer } = await this.#askForPart(name, asked)
    let { response } = answer
    // There is no such byte: the file is empty, or shorter than the version that was asked for. All of it tells.
    if (response.status === 416) response = await this.#fetch(name, attempt, {})
    if (!response.ok) {
      attempt.end()
      if (isOptional && absent.has(response.status)) return undefined
      throw this.#refusal(name, response)
    }
    const body = readHeaders(response, offset)
    if (body.isPartial && body.offset !== offset) {
      attempt.end()
      throw this.#error(
        name,
        `asked for the bytes from ${offset} on, the host sent those from ${body.offset} on`,
        "Serve the folder with a host that heeds Range requests as HTTP defines them, or ignores them.",
      )
    }
    return {
      ...body,
      // Of an encoded body the length is that of the code.
      ...(isEncoded && { size: undefined }),
      chunks: () => attempt.chunks(response),
      cancel: () => attempt.end(),
    }
  }

  /**
   * Asking for a range even from the first byte on also tells the browser to ask for an unencoded body, whose length is the
   * file's. A host that encodes whatever it sends, asked or not, gets no further with that: browsers fail such an answer as
   * if there were none. The whole file they read.
   */
  async #askForPart(
    name: string,
    headers: Record<string, string>,
  ): Promise<{ readonly attempt: Attempt; readonly response: Response; readonly isEncoded: boolean }> {
    const first = this.#attempt()
    try {
      return { attempt: first, response: await this.#fetch(name, first, headers), isEncoded: false }
    } catch (cause) {
      if (!(cause instanceof HostFailure) || cause.kind !== "unreachable") throw cause
      const second = this.#attempt()
      const response = await this.#fetch(name, second, {}).catch(() => undefined)
      if (response === undefined) throw cause
      return { attempt: second, response, isEncoded: true }
    }
  }

  #attempt(): Attempt {
    return new Attempt(this.#signal, this.#stallMs, this.#fetcher)
  }

  /**
   * Asks for a file's size and version.
   *
   * @returns undefined when there is no such file.
   */
  async describe(name: string): Promise<Description | undefined> {
    const response = await this.#head(name)
    if (response?.ok === true && response.headers.has("content-length")) return readHeaders(response, 0)
    if (response?.status === 404 || response?.status === 410) return undefined
    // Many hosts do not know HEAD, or sign the URL for GET alone.
    const body = await this.open(name, 0, { isOptional: true })
    body?.cancel()
    return body
  }

  /** undefined when there is no answer, which a GET may get. */
  async #head(name: string): Promise<Response | undefined> {
    const attempt = this.#attempt()
    try {
      return await this.#fetch(name, attempt, { Range: "bytes=0-" }, "HEAD")
    } catch (cause) {
      if (cause instanceof HostFailure && cause.kind === "unreachable") return undefined
      throw cause
    } finally {
      attempt.end()
    }
  }

  /** Whether a web page comes in place of a file: what some hosts send, with status 200, for one that is not there. */
  async isPage(name: string): Promise<boolean> {
    const body = await this.open(name, 0, { end: checkedBytes })
    try {
      let start = new Uint8Array(0)
      for await (const chunk of body.chunks()) {
        start = Uint8Array.of(...start, ...chunk.subarray(0, checkedBytes))
        if (start.length >= checkedBytes) break
      }
      return contentProblem(name, start, body.mimeType)?.isPage === true
    } finally {
      body.cancel()
    }
  }

  /** What to tell the user when asking again did not help. */
  async explain(name: string, failure: HostFailure): Promise<DownloadError> {
    if (failure.kind === "unreachable") {
      return new DownloadError({ url: this.#shown(name), ...(await this.#whyUnreachable(this.#folder.fileUrl(name))) })
    }
    return this.#error(
      name,
      failure.message,
      "Check the network and the host, and try again: what has arrived is kept.",
    )
  }

  #shown(name: string): string {
    return `${this.#folder.root}/${name}`
  }

  #error(name: string, problem: string, remedy: string): DownloadError {
    return new DownloadError({ url: this.#shown(name), problem, remedy })
  }

  async #fetch(name: string, attempt: Attempt, headers: Record<string, string>, method = "GET"): Promise<Response> {
    try {
      const response = await attempt.fetch(this.#folder.fileUrl(name), {
        method,
        headers,
        // The HTTP cache would store the gigabytes a second time.
        cache: "no-store",
      })
      this.#hasAnswered = true
      return response
    } catch (cause) {
      attempt.end()
      throw cause
    }
  }

  #refusal(name: string, response: Response): DownloadError | HostFailure {
    const { status } = response
    if (status === 429 || status >= 500) return impatience(response)
    const known = this.#whyRefused(this.#shown(name), response)
    if (known !== undefined) return known
    if (status === 401 || status === 403) {
      return this.#error(
        name,
        `the host refused with status ${status}`,
        "The model is private or gated: host a copy where this page may read it, after accepting its licence.",
      )
    }
    if (status === 404 || status === 410) {
      return this.#error(name, `there is no such file (status ${status})`, "Check the URL of the model's folder.")
    }
    return this.#error(
      name,
      `the host answered with status ${status}`,
      "Check the URL in a browser, and the host's log.",
    )
  }
}

/** A status that asks for patience, and for how much. */
export function impatience({ headers, status }: Pick<Response, "headers" | "status">): HostFailure {
  const after = headers.get("retry-after")?.trim() ?? ""
  // In seconds, or a date.
  const ms = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now()
  const asks = ms > 0 ? ` and asks to wait ${Math.ceil(ms / 1000)} seconds` : ""
  return new HostFailure("refused", `the host answered with status ${status}${asks}`, {
    ...(ms > 0 && { retryAfterMs: ms }),
  })
}

/** One request, which ends when the user aborts or the host falls silent. */
class Attempt {
  readonly #controller = new AbortController()
  readonly #user: AbortSignal | undefined
  readonly #stallMs: number
  readonly #fetch: Fetch

  constructor(user: AbortSignal | undefined, stallMs: number, fetcher: Fetch) {
    this.#user = user
    this.#stallMs = stallMs
    this.#fetch = fetcher
    user?.throwIfAborted()
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    const signals = [this.#controller.signal, ...(this.#user === undefined ? [] : [this.#user])]
    return this.#watched("unreachable", this.#fetch(url, { ...init, signal: AbortSignal.any(signals) }))
  }

  async *chunks(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = response.body?.getReader()
    if (reader === undefined) return
    try {
      for (;;) {
        const { done, value } = await this.#watched("broken", reader.read())
        if (done) return
        yield value
      }
    } finally {
      this.end()
    }
  }

  end(): void {
    this.#controller.abort()
  }

  async #watched<A>(kind: HostFailure["kind"], waiting: Promise<A>): Promise<A> {
    const silent = new HostFailure("broken", `the host sent nothing for ${this.#stallMs / 1000} seconds`)
    const timer = setTimeout(() => this.#controller.abort(silent), this.#stallMs)
    try {
      return await waiting
    } catch (cause) {
      this.#user?.throwIfAborted()
      const { reason } = this.#controller.signal
      if (reason instanceof HostFailure) throw reason
      if (cause instanceof HostFailure || cause instanceof DownloadError) throw cause
      throw new HostFailure(kind, "the connection broke", { cause })
    } finally {
      clearTimeout(timer)
    }
  }
}

type Headers = Pick<HttpBody, "offset" | "size" | "validator" | "linkedEtag" | "mimeType" | "isPartial">

/** Across origins a page sees `Content-Range` and `ETag` only where the host exposes them; length and date it always sees. */
function readHeaders({ headers, status }: Response, asked: number): Headers {
  const isPartial = status === 206
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "")
  const length = headers.get("content-length")
  const offset = isPartial ? Number(range?.[1] ?? asked) : 0
  const whole = range?.[2]
  const size = isPartial && whole !== undefined && whole !== "*" ? Number(whole) : undefined
  return {
    offset,
    size: size ?? (length === null ? undefined : offset + Number(length)),
    validator: readValidator(headers),
    linkedEtag: headers.get("x-linked-etag") ?? undefined,
    mimeType: headers.get("content-type")?.split(";")[0]?.trim() ?? "",
    isPartial,
  }
}

/** A weak ETag allows other bytes of the same meaning: no proof that two halves fit together. */
function readValidator(headers: globalThis.Headers): string | undefined {
  const etag = headers.get("etag")
  if (etag !== null && etag !== "" && !etag.startsWith("W/")) return etag
  return headers.get("last-modified") ?? undefined
}
