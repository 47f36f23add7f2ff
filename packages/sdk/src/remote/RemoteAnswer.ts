/** An answer to one request, and what goes wrong with answers. */
import { isFacetError } from "../words/Errors.ts"
import { jsonType } from "./routes.ts"
import { LineSplitter } from "./Lines.ts"
import { problemFromJson, problemType } from "./ProblemDocument.ts"
import { Misread, type Reader } from "./Reader.ts"
import { RemoteError } from "./RemoteError.ts"

export class RemoteAnswer {
  readonly #url: string
  readonly #response: Response

  constructor(url: string, response: Response) {
    this.#url = url
    this.#response = response
  }

  /**
   * What a JSON answer says.
   *
   * @param otherwise what the answer holds when it is not that: `no verdict`.
   * @throws the typed error that the server tells; RemoteError when it is no answer of the effects.
   */
  async document<A>(reader: Reader<A>, otherwise: string): Promise<A> {
    await this.#check(jsonType)
    return this.read(await this.#json(), reader, otherwise)
  }

  /**
   * The documents of an NDJSON body, as they come. Leaving the loop lets go of the body.
   *
   * @throws the typed error that the server tells; RemoteError when it is no answer of the effects.
   */
  async *documents(mediaType: string): AsyncGenerator<unknown, void, void> {
    await this.#check(mediaType)
    const reader = this.#response.body?.getReader()
    const splitter = new LineSplitter()
    try {
      for (;;) {
        const next = await this.#receive(async () => reader?.read())
        if (next?.value === undefined) break
        for (const line of splitter.push(next.value)) yield this.#parse(line)
      }
    } finally {
      await reader?.cancel().catch(() => undefined)
    }
    if (splitter.isCut) throw this.cut()
  }

  read<A>(document: unknown, reader: Reader<A>, otherwise: string): A {
    try {
      return reader(document, "")
    } catch (cause) {
      if (!(cause instanceof Misread)) throw cause
      const problem = `the answer holds ${otherwise} (${cause.message})`
      throw this.#error(problem, "Use the same version of Facet on both sides.", cause)
    }
  }

  /** What a problem document says, as an error. */
  problem(document: unknown): Error {
    const { detail = "the server failed", error } = problemFromJson(document)
    return error ?? this.#error(detail.replace(/\.$/, ""), this.#remedy())
  }

  /** The body ended before the answer did. */
  cut(cause?: unknown): RemoteError {
    return this.#error(
      "the answer broke off before its end",
      "Send the request again; if it happens again, look for a proxy that ends long answers.",
      cause,
    )
  }

  async #check(mediaType: string): Promise<void> {
    const type = mediaTypeOf(this.#response)
    if (this.#response.ok && type === mediaType) return
    if (type === problemType) throw this.problem(await this.#json())
    const { status } = this.#response
    await this.#response.body?.cancel().catch(() => undefined)
    if (this.#response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
      const remedy = "Name in `url` the address that it redirects to."
      throw this.#error("the server redirects, which `headers` must not follow", remedy)
    }
    throw this.#error(
      type === mediaType
        ? `the server answered ${status}`
        : `the answer is ${type === "" ? "of no type" : type} with status ${status}, where ${mediaType} is expected`,
      "Check that `url` is where effects() of @facet/hono-plugin, or `facet serve`, answers.",
    )
  }

  #remedy(): string {
    const { status } = this.#response
    if (status === 401) return "Send the key in `headers`: { Authorization: `Bearer ${key}` }."
    if (status === 413) return "Send less, or raise `maxBodyBytes` on the server."
    return "Look into the server's log."
  }

  async #json(): Promise<unknown> {
    return this.#parse(await this.#receive(() => this.#response.text()))
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw this.#error("the answer is no JSON", "Look for a proxy that changes answers.", cause)
    }
  }

  async #receive<A>(receive: () => Promise<A>): Promise<A> {
    try {
      return await receive()
    } catch (cause) {
      // Who holds the connection knows better.
      throw isFacetError(cause) ? cause : this.cut(cause)
    }
  }

  #error(problem: string, remedy: string, cause?: unknown): RemoteError {
    return new RemoteError({ url: this.#url, status: this.#response.status, problem, remedy }, { cause })
  }
}

const mediaTypeOf = ({ headers }: Response): string =>
  (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
