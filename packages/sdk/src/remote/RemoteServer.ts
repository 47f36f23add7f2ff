/** A server that answers for the effects, and how it is asked. */
import type { CallOptions } from "../words/CallOptions.ts"
import { connectionCode } from "../words/connectionCode.ts"
import { checkFunction, checkKnown, show } from "../words/Checks.ts"
import { invalidRequest } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"
import { whileWaited } from "../words/whileWaited.ts"
import { effectToJson, type Requests } from "./EffectDocument.ts"
import type { Reader } from "./Reader.ts"
import { RemoteAnswer } from "./RemoteAnswer.ts"
import { RemoteError } from "./RemoteError.ts"
import { type EffectName, jsonType, routes } from "./routes.ts"

/** Headers of every request; a function is asked anew for each, as a token may have ended. */
export type RemoteHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

export interface RemoteFacetOptions {
  /**
   * Where the app stands that has `effects()` of `@facet/hono-plugin`: `https://example.com` when it answers at
   * `https://example.com/facet`. In a page it may be relative to the page: `"/"`, `"/api"`.
   */
  readonly url: string
  readonly headers?: RemoteHeaders | undefined
  /** In place of the platform's: to send cookies to another origin, say. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const optionNames = ["url", "headers", "fetch"] as const satisfies ReadonlyArray<keyof RemoteFacetOptions>

/** What is expected of an answer. */
export interface Expected<A> {
  readonly reader: Reader<A>
  /** What the answer holds when it is not that: `no verdict`. */
  readonly otherwise: string
}

export class RemoteServer {
  readonly #base: string
  readonly #headers: RemoteHeaders
  readonly #fetch: typeof globalThis.fetch | undefined

  constructor(options: RemoteFacetOptions) {
    checkKnown(options, optionNames)
    const { fetch, headers = {}, url } = options
    if (typeof url !== "string" || url === "" || /[?#]/.test(url)) {
      throw invalidRequest("url", `${show(url)} is no address`, 'Use one such as "http://127.0.0.1:8080".')
    }
    if (typeof headers !== "function" && !isRecord(headers)) {
      throw invalidRequest("headers", `${typeof headers} where headers are expected`, "Pass an object, or a function.")
    }
    checkFunction("fetch", fetch)
    this.#base = url.replace(/\/+$/, "")
    this.#headers = headers
    this.#fetch = fetch
  }

  /** Asks for what is told in one JSON document. */
  answer<Name extends EffectName, A>(
    effect: Name,
    request: Requests[Name],
    call: CallOptions,
    expected: Expected<A>,
  ): Promise<A> {
    return withAbortReason(call, async () => {
      const answer = await this.ask(effect, effectToJson(effect, { ...request, cacheSalt: call.cacheSalt }), call)
      return answer.document(expected.reader, expected.otherwise)
    })
  }

  /** Asks what the server is. */
  description<A>(call: CallOptions, { otherwise, reader }: Expected<A>): Promise<A> {
    return withAbortReason(call, async () => (await this.ask("describe", undefined, call)).document(reader, otherwise))
  }

  async #ownHeaders(signal: AbortSignal | undefined): Promise<Readonly<Record<string, string>>> {
    const given = typeof this.#headers === "function" ? Promise.resolve(this.#headers()) : this.#headers
    const headers = await (signal !== undefined && given instanceof Promise ? whileWaited(given, signal) : given)
    checkHeaders(headers)
    return headers
  }

  async ask(
    route: keyof typeof routes,
    json: string | undefined,
    { client, signal, traceparent }: CallOptions,
  ): Promise<RemoteAnswer> {
    if (client !== undefined) {
      throw invalidRequest(
        "client",
        "a server tells its clients apart by itself",
        "Leave it out; `cacheSalt` parts the users of one client.",
      )
    }
    const url = `${this.#base}${routes[route]}`
    if (!URL.canParse(url) && !("location" in globalThis)) {
      throw invalidRequest(
        "url",
        `"${this.#base}" is relative, and there is no page that it could be relative to`,
        "Use a whole address.",
      )
    }
    const own = await this.#ownHeaders(signal ?? undefined)
    const headers = { ...own, ...(traceparent !== undefined && { traceparent }) }
    // A key must not follow to where a server sends it: `fetch` takes away but one header by itself.
    const redirect = Object.keys(own).length > 0 ? "manual" : "follow"
    // Called without an owner, as browsers demand of their own.
    const send = this.#fetch ?? globalThis.fetch
    try {
      const request =
        json === undefined
          ? { headers }
          : { method: "POST", body: json, headers: { ...headers, "Content-Type": jsonType } }
      return new RemoteAnswer(url, await send(url, { ...request, redirect, signal: signal ?? null }))
    } catch (cause) {
      const code = connectionCode(cause)
      const problem = `the server cannot be reached${code === undefined ? "" : ` (${code})`}`
      const remedy =
        "Check that it runs there, and that it sends CORS headers if the page is of another origin: `facet serve --cors ORIGIN`."
      throw new RemoteError({ url, problem, remedy }, { cause })
    }
  }
}

/** @throws InvalidRequestError for what HTTP cannot hold; what a platform says of that would show the value. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  try {
    new Headers(headers)
  } catch {
    throw invalidRequest("headers", "a name or a value is none that HTTP can hold", "Look for line breaks in a key.")
  }
}

/** Whatever went wrong, whoever aborted hears the signal's reason. */
async function withAbortReason<A>({ signal }: CallOptions, work: () => Promise<A>): Promise<A> {
  signal?.throwIfAborted()
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
