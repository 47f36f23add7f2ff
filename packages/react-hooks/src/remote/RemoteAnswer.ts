/** An answer to one request, and what goes wrong with answers. */
import { errorFromPlain } from "@facet/sdk"
import { isRecord } from "./isRecord.ts"
import { RemoteError } from "./RemoteError.ts"

export class RemoteAnswer {
  readonly #url: string
  readonly #response: Response

  constructor(url: string, response: Response) {
    this.#url = url
    this.#response = response
  }

  /** @throws the typed error that the server tells; RemoteError when it is no answer of the effects */
  async check(mediaType: string): Promise<void> {
    const type = mediaTypeOf(this.#response)
    if (this.#response.ok && type === mediaType) return
    if (type === "application/problem+json") throw this.problem(await this.json())
    const { status } = this.#response
    await this.#response.body?.cancel().catch(() => undefined)
    throw this.#error(
      `the answer is ${type === "" ? "of no type" : type} with status ${status}, where ${mediaType} is expected`,
      "Check that `url` is where effects() of @facet/hono-plugin, or `facet serve`, answers.",
    )
  }

  async json(): Promise<unknown> {
    return this.#parse(await this.#read(() => this.#response.text()))
  }

  /** The documents of an NDJSON body, as they come. Leaving the loop lets go of the body. */
  async *lines(): AsyncGenerator<unknown, void, void> {
    const reader = this.#response.body?.getReader()
    const decoder = new TextDecoder()
    let rest = ""
    try {
      for (;;) {
        const next = await this.#read(async () => reader?.read())
        if (next?.value === undefined) break
        const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n")
        rest = lines.pop() ?? ""
        // An empty line says nothing but that the server lives.
        for (const line of lines) if (line !== "") yield this.#parse(line)
      }
    } finally {
      await reader?.cancel().catch(() => undefined)
    }
    if (rest !== "") throw this.cut()
  }

  /** What a problem document says, as an error. */
  problem(document: unknown): Error {
    const told = isRecord(document) ? document : {}
    const typed = errorFromPlain(told["error"])
    if (typed !== undefined) return typed
    const { detail } = told
    const problem = typeof detail === "string" && detail !== "" ? detail.replace(/\.$/, "") : "the server failed"
    return this.#error(problem, this.#remedy())
  }

  /** The body ended before the answer did. */
  cut(cause?: unknown): RemoteError {
    return this.#error(
      "the answer broke off before its end",
      "Send the request again; if it happens again, look for a proxy that ends long answers.",
      cause,
    )
  }

  unexpected(what: string): RemoteError {
    return this.#error(`the answer holds ${what}`, "Use the same version of Facet on both sides.")
  }

  #remedy(): string {
    const { status } = this.#response
    if (status === 401) return "Send the key in `headers`: { Authorization: `Bearer ${key}` }."
    if (status === 413) return "Send less, or raise `maxBodyBytes` on the server."
    return "Look into the server's log."
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw this.#error("the answer is no JSON", "Look for a proxy that changes answers.", cause)
    }
  }

  async #read<A>(read: () => Promise<A>): Promise<A> {
    try {
      return await read()
    } catch (cause) {
      throw this.cut(cause)
    }
  }

  #error(problem: string, remedy: string, cause?: unknown): RemoteError {
    return new RemoteError({ url: this.#url, status: this.#response.status, problem, remedy }, { cause })
  }
}

const mediaTypeOf = ({ headers }: Response): string =>
  (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
