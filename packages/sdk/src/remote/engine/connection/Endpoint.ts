/** A server's addresses, and how they are asked: with a key, in time, again where one asks for patience, elsewhere where one fails. */
import { invalidRequest, isFacetError, ServerError } from "../../../words/Errors.ts"
import { connectionCode } from "../../../words/connectionCode.ts"
import { isRecord, type JsonRecord, parseJson } from "../../../words/Json.ts"
import { whileWaited } from "../../../words/whileWaited.ts"
import { linesType } from "../../Lines.ts"
import { bytesOf } from "./bytesOf.ts"
import { firstOf } from "./firstOf.ts"
import { heldBody } from "./heldBody.ts"
import { asksForPatience, Patience, retryAfterOf } from "./Patience.ts"
import { Places } from "./Places.ts"
import { type ConnectionSettings, isKey } from "./readRemoteModel.ts"
import {
  brokeOff,
  failedMidway,
  misread,
  redirected,
  refusal,
  saidNothing,
  serverError,
  unreachable,
} from "./ServerFailures.ts"
import { Silence } from "./Silence.ts"
import { textLines } from "./textLines.ts"

/** Where a route is missing, or what stands there takes nothing of the kind. */
const missing: ReadonlyArray<number> = [404, 405, 501]

/** UTF-16 units of one document: a vocabulary of 262,144 tokens with its log-probabilities has some 30 million. */
const longestDocument = 2 ** 27

/** How requests end. */
interface Asking {
  readonly path: string
  /** What is a text already is sent as it is. */
  readonly body: object | string | undefined
  readonly silence: Silence
  /** Of the caller, and of the silence. */
  readonly signal: AbortSignal
}

export class Endpoint {
  /** The first address, without a slash at its end. */
  readonly url: string
  readonly #settings: ConnectionSettings
  readonly #places: Places
  /** The address that answered last. */
  #current = 0
  /** What may not be told, though a server tells it. */
  #lastKey: string | undefined
  /** What each address called its model when it first did. */
  readonly #models = new Map<string, string>()

  constructor(settings: ConnectionSettings) {
    this.url = settings.urls[0]
    this.#settings = settings
    this.#places = new Places(settings.concurrency)
  }

  /** How many addresses there are beside one. */
  get others(): number {
    return this.#settings.urls.length - 1
  }

  /** The address that is asked next, as its place among all. */
  get place(): number {
    return this.#current
  }

  /** The address at a place is asked last, unless another one has answered meanwhile. */
  passOver(place: number): void {
    if (this.#current === place) this.#current = (place + 1) % this.#settings.urls.length
  }

  /** An answer as it is, be it of any kind. Its body has to be read to its end, or cancelled. */
  async forward(path: string, body: string | undefined, signal: AbortSignal): Promise<Response> {
    const { asking, end } = await this.#begin(path, body, signal)
    const failed = (cause: unknown) => this.#failure(asking, cause, signal)
    try {
      const response = await this.#send(asking)
      const { headers, status } = response
      // The time of a stream is that between its parts, of all else that of the whole.
      const between = mediaTypeOf(response) === linesType ? asking.silence : undefined
      return new Response(heldBody(response, { between, failed, end }), { status, headers })
    } catch (cause) {
      end()
      throw failed(cause)
    }
  }

  /** What a JSON answer says; undefined where the route is not there, or where it answers with a page. */
  async find(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    return this.#hedged(path, body, signal, async (asking) => {
      const response = await this.#send(asking)
      if (!missing.includes(response.status)) return this.#document(asking, response)
      await response.body?.cancel()
      return undefined
    })
  }

  /** What a JSON answer says. Rejects with a ServerError where there is none. */
  async ask(path: string, body: object | undefined, signal: AbortSignal): Promise<JsonRecord> {
    const document = await this.read(path, body, signal)
    return isRecord(document) ? document : this.misread(path, "no object")
  }

  /** The same of an answer that may be a list. */
  read(path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    return this.#hedged(path, body, signal, async (asking) => this.#document(asking, await this.#send(asking)))
  }

  /** The documents of an event stream, up to its `[DONE]`. Rejects where it ends without one. */
  async *events(path: string, body: object, signal: AbortSignal): AsyncGenerator<JsonRecord, void, void> {
    for await (const line of this.#lines(path, body, "text/event-stream", signal)) {
      if (!line.startsWith("data:")) continue
      const data = line.slice("data:".length).trim()
      if (data === "[DONE]") return
      yield this.#part(path, data)
    }
    throw this.brokeOff(path)
  }

  /** The documents of a stream with one a line. Who reads them knows which is the last. */
  async *documents(path: string, body: object, signal: AbortSignal): AsyncGenerator<JsonRecord, void, void> {
    for await (const line of this.#lines(path, body, linesType, signal)) yield this.#part(path, line)
  }

  brokeOff(path: string): ServerError {
    return brokeOff(this.#address(path))
  }

  error(path: string, problem: string, remedy: string): ServerError {
    return serverError(this.#address(path), problem, remedy)
  }

  /** @throws ServerError always */
  misread(path: string, held: string): never {
    throw misread(this.#address(path), held)
  }

  /** Of what answered last. */
  #address(path: string): string {
    return `${this.#settings.urls[this.#current] ?? this.url}${path}`
  }

  #part(path: string, line: string): JsonRecord {
    const document = parseJson(line)?.value
    if (!isRecord(document)) return this.misread(path, "a part that is no JSON")
    const { error } = document
    if (error !== undefined && error !== null) throw failedMidway(this.#address(path), document, this.#lastKey)
    this.#checkModel(path, document)
    return document
  }

  async *#lines(
    path: string,
    body: object,
    mediaType: string,
    signal: AbortSignal,
  ): AsyncGenerator<string, void, void> {
    const { asking, end } = await this.#begin(path, body, signal)
    try {
      const response = await this.#send(asking)
      await this.#check(asking, response)
      if (mediaTypeOf(response) !== mediaType) {
        await response.body?.cancel()
        this.misread(path, `${mediaTypeOf(response) || "no type"} where ${mediaType} is expected`)
      }
      yield* textLines(response, asking.silence)
    } catch (cause) {
      throw this.#failure(asking, cause, signal)
    } finally {
      end()
    }
  }

  /** What is answered in one document may be asked for twice. */
  #hedged<A>(
    path: string,
    body: object | undefined,
    signal: AbortSignal,
    work: (asking: Asking) => Promise<A>,
  ): Promise<A> {
    const { hedgeMs } = this.#settings
    const begin = (signal: AbortSignal) => this.#held(path, body, signal, work)
    return hedgeMs === undefined ? begin(signal) : firstOf(begin, hedgeMs, signal)
  }

  /** Asks as long as there is a place, and as long as the server says something. */
  async #held<A>(
    path: string,
    body: object | string | undefined,
    signal: AbortSignal,
    work: (asking: Asking) => Promise<A>,
  ): Promise<A> {
    const { asking, end } = await this.#begin(path, body, signal)
    try {
      return await work(asking)
    } catch (cause) {
      throw this.#failure(asking, cause, signal)
    } finally {
      end()
    }
  }

  /** Waits for a place. The end gives it back. */
  async #begin(path: string, body: object | string | undefined, signal: AbortSignal) {
    const giveBack = await this.#places.take(signal)
    const silence = new Silence(this.#settings.timeoutMs)
    const asking: Asking = { path, body, silence, signal: AbortSignal.any([signal, silence.signal]) }
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      silence.end()
      giveBack()
    }
    return { asking, end }
  }

  /** What is told of a failure: whoever aborted hears their own reason. */
  #failure({ path, silence }: Asking, cause: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason
    if (isFacetError(cause)) return cause
    if (silence.signal.aborted) return saidNothing(this.#address(path), this.#settings.timeoutMs)
    return this.brokeOff(path)
  }

  /** Each address in turn, the one that answered last first, and all of them again after a while. */
  async #send(asking: Asking): Promise<Response> {
    const { urls } = this.#settings
    const patience = new Patience()
    for (;;) {
      let busy: Response | undefined
      let failure: ServerError | undefined
      for (let turn = 0; turn < urls.length; turn++) {
        const place = (this.#current + turn) % urls.length
        const answer = await this.#sendTo(urls[place] ?? this.url, asking)
        if (answer instanceof ServerError) failure ??= answer
        else if (asksForPatience(answer)) {
          await busy?.body?.cancel()
          busy = answer
        } else {
          await busy?.body?.cancel()
          this.#current = place
          return answer
        }
      }
      if (busy === undefined) throw failure ?? unreachable(`${this.url}${asking.path}`, undefined)
      asking.silence.end()
      if (!(await patience.waits(retryAfterOf(busy), asking.signal))) return busy
      await busy.body?.cancel()
      asking.silence.begin()
    }
  }

  /** One request to one address; an error where nothing answers there. */
  async #sendTo(url: string, { body, path, signal }: Asking): Promise<Response | ServerError> {
    const key = await this.#key(signal)
    this.#lastKey = key
    let response: Response
    try {
      response = await fetch(`${url}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...(key !== undefined && { Authorization: `Bearer ${key}` }),
          ...(body !== undefined && { "Content-Type": "application/json" }),
        },
        body: body === undefined || typeof body === "string" ? (body ?? null) : JSON.stringify(body),
        // A key must not follow to where a server sends it.
        redirect: "manual",
        signal,
      })
    } catch (cause) {
      signal.throwIfAborted()
      return unreachable(`${url}${path}`, connectionCode(cause))
    }
    if (response.type !== "opaqueredirect" && (response.status < 300 || response.status > 399)) return response
    await response.body?.cancel()
    throw redirected(`${url}${path}`, response.status)
  }

  /** @throws InvalidRequestError where the function that gives it gives none, or none in time */
  async #key(signal: AbortSignal): Promise<string | undefined> {
    const { auth } = this.#settings
    if (typeof auth !== "function") return auth
    const key: unknown = await whileWaited(Promise.resolve().then(auth), signal).catch(() => undefined)
    if (isKey(key)) return key
    const problem = signal.aborted ? "the function gave no key in time" : "the function gave no key"
    throw invalidRequest("auth", problem, "See why, and have it give the key alone.")
  }

  async #document(asking: Asking, response: Response): Promise<unknown> {
    await this.#check(asking, response)
    const { path } = asking
    const text = await this.#text(asking, response)
    const parsed = parseJson(text)
    if (parsed === undefined) {
      const isPage = /^\s*</.test(text)
      return this.misread(path, isPage ? "HTML: `url` is a page's, and no model's server's" : "no JSON")
    }
    if (isRecord(parsed.value)) this.#checkModel(path, parsed.value)
    return parsed.value
  }

  async #text({ path }: Asking, response: Response): Promise<string> {
    let text = ""
    const decoder = new TextDecoder()
    // The time is that of the whole document: one that trickles in for ever never ends it.
    for await (const bytes of bytesOf(response)) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length > longestDocument) this.misread(path, "more than anybody asked for")
    }
    return text + decoder.decode()
  }

  async #check(asking: Asking, response: Response): Promise<void> {
    const { ok, status } = response
    if (ok) return
    const document = parseJson(await this.#text(asking, response).catch(() => ""))?.value
    throw refusal(this.#address(asking.path), status, document, this.#lastKey)
  }

  /** A model that is put in another's place is not known: not its answers' ids, and not whether it judges. */
  #checkModel(path: string, { model }: JsonRecord): void {
    if (typeof model !== "string" || model === "") return
    const at = this.#settings.urls[this.#current] ?? this.url
    const known = this.#models.get(at)
    if (known === undefined) this.#models.set(at, model)
    else if (known !== model) {
      const remedy = "Open it anew, and see what was put in its place."
      throw this.error(path, "another model answers than the one that was opened", remedy)
    }
  }
}

const mediaTypeOf = ({ headers }: Response): string =>
  (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? ""
