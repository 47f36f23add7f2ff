/** A server's address, and how it is asked: with a key, in time, again where it asks for patience. */
import { checkFunction, checkKnown, checkOneOf, show } from "../../words/Checks.ts"
import { invalidRequest, ServerError } from "../../words/Errors.ts"
import { isRecord, type JsonRecord, parseJson } from "../../words/Json.ts"
import { type RemoteModel, serverKinds } from "../../words/RemoteModel.ts"
import { eventData } from "./eventData.ts"

/** Sends again after 429, 502, 503 and 504; what those say that a server did nothing. */
const mostRetries = 3
const patient: ReadonlyArray<number> = [429, 502, 503, 504]
/** Milliseconds: of the first wait, and of all waits for one request. */
const firstWait = 250
const waitBudget = 10_000

const optionNames = ["url", "kind", "model", "auth"] as const satisfies ReadonlyArray<keyof RemoteModel>

export class Endpoint {
  /** Without a slash at its end. */
  readonly url: string
  readonly #auth: RemoteModel["auth"]

  /**
   * @param option where the server was named: `model` or `shield`
   * @throws InvalidRequestError that names the field
   */
  constructor(option: string, remote: RemoteModel) {
    checkKnown(remote, optionNames, option)
    checkOneOf(`${option}.kind`, remote.kind ?? serverKinds[0], serverKinds)
    if (remote.model !== undefined && (typeof remote.model !== "string" || remote.model === "")) {
      throw invalidRequest(`${option}.model`, `${show(remote.model)} is no name`, "Use the model's name on the server.")
    }
    this.url = readUrl(`${option}.url`, remote.url)
    const { auth } = remote
    if (typeof auth === "string" ? !/^[\x21-\x7e]+$/.test(auth) : auth !== undefined && typeof auth !== "function") {
      throw invalidRequest(`${option}.auth`, "it is no key", "Pass the key alone, or a function that gives it.")
    }
    if (typeof auth === "function") checkFunction(`${option}.auth`, auth)
    this.#auth = auth
  }

  /** What a JSON answer says; undefined where the route is not there (404, 405, 501). */
  async find(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const response = await this.#send(path, body, signal)
    if (![404, 405, 501].includes(response.status)) return this.#document(path, response)
    await response.body?.cancel()
    return undefined
  }

  /** What a JSON answer says. Rejects with a ServerError where there is none. */
  async ask(path: string, body: object | undefined, signal: AbortSignal): Promise<JsonRecord> {
    const document = await this.#document(path, await this.#send(path, body, signal))
    return isRecord(document) ? document : this.misread(path, "no object")
  }

  /** The documents of an event stream, up to its `[DONE]`. Rejects where it ends without one. */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator<JsonRecord, void, void> {
    const response = await this.#send(path, body, signal)
    await this.#check(path, response)
    if (mediaTypeOf(response) !== "text/event-stream") {
      await response.body?.cancel()
      this.misread(path, `${mediaTypeOf(response) || "no type"} where an event stream is expected`)
    }
    try {
      for await (const data of eventData(response)) {
        if (data === "[DONE]") return
        const document = parseJson(data)?.value
        if (!isRecord(document)) this.misread(path, "an event that is no JSON")
        if (document["error"] !== undefined) throw this.error(path, `the server failed${said(document)}`, fromLog)
        yield document
      }
    } catch (cause) {
      signal.throwIfAborted()
      throw cause instanceof ServerError ? cause : this.#cut(path)
    }
    throw this.#cut(path)
  }

  error(path: string, problem: string, remedy: string, status?: number): ServerError {
    return new ServerError({ url: `${this.url}${path}`, problem, remedy, ...(status !== undefined && { status }) })
  }

  /** @throws ServerError always */
  misread(path: string, held: string): never {
    throw this.error(path, `the answer holds ${held}`, "Check that `kind` is what the server is, or leave it out.")
  }

  #cut(path: string): ServerError {
    return this.error(
      path,
      "the answer broke off before its end",
      "What came before is a part of the text alone: ask again, and see whether the server or a proxy ended it.",
    )
  }

  async #send(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    let waited = 0
    for (let attempt = 0; ; attempt++) {
      const response = await this.#sendOnce(path, body, signal)
      if (!patient.includes(response.status)) return response
      const wait = waitOf(response, attempt)
      if (attempt >= mostRetries || waited + wait > waitBudget) return response
      await response.body?.cancel()
      waited += wait
      await pause(wait, signal)
    }
  }

  async #sendOnce(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const key = typeof this.#auth === "function" ? await this.#auth() : this.#auth
    let response: Response
    try {
      response = await fetch(`${this.url}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...(key !== undefined && { Authorization: `Bearer ${key}` }),
          ...(body !== undefined && { "Content-Type": "application/json" }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        // A key must not follow to where a server sends it.
        redirect: "manual",
        signal,
      })
    } catch (cause) {
      signal.throwIfAborted()
      // What a platform says of a failed request may hold its headers: only the system's code is told.
      throw this.error(
        path,
        `the server cannot be reached${codeOf(cause)}`,
        "Check the address, that the server runs and its certificate is valid, and in a page that it sends CORS headers.",
      )
    }
    if (response.type !== "opaqueredirect" && (response.status < 300 || response.status > 399)) return response
    await response.body?.cancel()
    throw this.error(
      path,
      "the server redirects, which a key must not follow",
      "Name in `url` the address that it redirects to.",
      response.status,
    )
  }

  async #document(path: string, response: Response): Promise<unknown> {
    await this.#check(path, response)
    const text = await response.text().catch(() => {
      throw this.#cut(path)
    })
    const parsed = parseJson(text)
    if (parsed !== undefined) return parsed.value
    if (/^\s*</.test(text)) return this.misread(path, "HTML: `url` is a page's, and no model's server's")
    return this.misread(path, "no JSON")
  }

  async #check(path: string, response: Response): Promise<void> {
    const { ok, status } = response
    if (ok) return
    const document = parseJson(await response.text().catch(() => ""))?.value
    throw this.error(path, `the server answered ${status}${said(document)}`, remedies[status] ?? fromLog, status)
  }
}

const fromLog = "See what its message and its log say, and whether `url`, `kind` and `model` are right."

const remedies: Readonly<Record<number, string>> = {
  401: "Pass the key in `auth`.",
  403: "See whether the key in `auth` may do this.",
  404: "Check that `url` is without `/v1`, and that `model` and `kind` are the server's.",
  429: "It is busy, also after waiting: try again later, or give it more capacity.",
  502: "A proxy does not reach it: see whether the server runs.",
  503: "It is busy or still loads its model, also after waiting: try again later.",
  504: "A proxy did not wait for it: raise its time-out.",
}

/** The kind of an error alone: a message may repeat a part of what was sent, and of the key. */
function said(document: unknown): string {
  const error = isRecord(document) && isRecord(document["error"]) ? document["error"] : {}
  const codes = [error["type"], error["code"]].filter((field) => typeof field === "string")
  const code = codes.find((field) => /^[\w.-]{1,60}$/.test(field))
  return code === undefined ? "" : ` (${code})`
}

function codeOf(cause: unknown): string {
  const inner = cause instanceof Error && isRecord(cause.cause) ? cause.cause["code"] : undefined
  return typeof inner === "string" ? ` (${inner})` : ""
}

const mediaTypeOf = ({ headers }: Response): string =>
  (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""

/** What the server asks for, else exponential with full jitter, so that clients do not come back together. */
function waitOf({ headers }: Response, attempt: number): number {
  const after = Number(headers.get("retry-after") ?? NaN)
  return Number.isFinite(after) && after >= 0 ? after * 1000 : Math.random() * firstWait * 2 ** attempt
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
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

function readUrl(option: string, url: unknown): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined
  // The address itself is not shown: a password may stand in it.
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw invalidRequest(option, "it is no address of HTTP", 'Use one such as "http://127.0.0.1:8080".')
  }
  if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "" || parsed.hash !== "") {
    throw invalidRequest(option, "it has a name, a password, a query or a fragment", "Pass the key in `auth`.")
  }
  return parsed.href.replace(/\/+$/, "").replace(/\/v1$/, "")
}
