/** The three effects of a server, with the methods of a Facet. */
import {
  type CallOptions,
  collect,
  type Content,
  type Device,
  type GenerateOptions,
  type Generation,
  type GenerationPart,
  InvalidRequestError,
  type InspectOptions,
  type Prompt,
  type ShieldOptions,
  type Trace,
  type Verdict,
} from "@facet/sdk"
import { checkSendable } from "./checkSendable.ts"
import type { Effects } from "./Effects.ts"
import { isRecord } from "./isRecord.ts"
import { readPart } from "./readPart.ts"
import { readTrace } from "./readTrace.ts"
import { RemoteAnswer } from "./RemoteAnswer.ts"
import { RemoteError } from "./RemoteError.ts"

/** Headers of every request; a function is asked anew for each, as a token may have ended. */
export type RemoteHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)

export interface RemoteOptions {
  /**
   * Where the app stands that has `effects()` of `@facet/hono-plugin`: `https://example.com` when it answers at
   * `https://example.com/facet`. In a page it may be relative to the page: `"/"`, `"/api"`.
   */
  readonly url: string
  readonly headers?: RemoteHeaders | undefined
  /** In place of the platform's: to send cookies to another origin, say. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** What a server runs. */
export interface RemoteDescription {
  /** Its id, or the last name of its folder. */
  readonly model: string
  readonly device: Device
}

/**
 * Asks a server for what a Facet does in the page: the same methods, results and typed errors. What goes wrong on the
 * way rejects with a {@link RemoteError}: no server, no answer of the effects, a broken connection.
 *
 * @throws InvalidRequestError for an option that is wrong
 * @example
 * const facet = new RemoteFacet({ url: "http://127.0.0.1:8080" })
 * const { text } = await facet.generate("Tell me a story about a fox.")
 */
export class RemoteFacet implements Effects {
  readonly #base: string
  readonly #headers: RemoteHeaders
  readonly #fetch: typeof globalThis.fetch | undefined

  constructor({ fetch, headers = {}, url }: RemoteOptions) {
    if (typeof url !== "string" || url === "" || /[?#]/.test(url)) {
      throw invalid(
        "url",
        `${JSON.stringify(url) ?? typeof url} is no address`,
        'Use one such as "http://127.0.0.1:8080".',
      )
    }
    if (typeof headers !== "function" && !isRecord(headers)) {
      throw invalid("headers", `${typeof headers} where headers are expected`, "Pass an object, or a function.")
    }
    if (fetch !== undefined && typeof fetch !== "function") {
      throw invalid("fetch", `${typeof fetch} where a function is expected`, "Pass a function, or leave it out.")
    }
    this.#base = url.replace(/\/+$/, "")
    this.#headers = headers
    this.#fetch = fetch
  }

  /** Which model answers, and on what. Resolves when the server has opened it. */
  async describe(options: CallOptions = {}): Promise<RemoteDescription> {
    const { signal } = split(options).call
    return withAbortReason(signal, async () => {
      const answer = await this.#ask("", undefined, signal)
      await answer.check("application/json")
      const description = await answer.json()
      if (!isRecord(description) || typeof description["model"] !== "string" || !isRecord(description["device"])) {
        throw answer.unexpected("no description of a model")
      }
      // The server is trusted with the fields of a device.
      return description as unknown as RemoteDescription
    })
  }

  /** What the model says, all at once. */
  async generate(prompt: Prompt, options: GenerateOptions & CallOptions = {}): Promise<Generation> {
    const parts: Array<GenerationPart> = []
    // Streamed, as a proxy may end an answer that is long in coming.
    for await (const part of this.stream(prompt, options)) parts.push(part)
    return collect(prompt, parts)
  }

  /** What the model says, part by part. Leaving the loop ends the work on the server. */
  stream(prompt: Prompt, options?: GenerateOptions & CallOptions): AsyncGenerator<GenerationPart, void, void>
  stream(
    request: { readonly prompt: Prompt } & GenerateOptions & CallOptions,
  ): AsyncGenerator<GenerationPart, void, void>
  stream(
    first: Prompt | ({ readonly prompt: Prompt } & GenerateOptions & CallOptions),
    second: GenerateOptions & CallOptions = {},
  ): AsyncGenerator<GenerationPart, void, void> {
    const isRequest = typeof first === "object" && first !== null && "prompt" in first
    const { prompt, ...options } = isRequest ? { ...second, ...first } : { ...second, prompt: first }
    const { call, rest } = split(options)
    return this.#parts(prompt, rest, call)
  }

  /** Judges a content against policies. */
  async shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    const { call, rest } = split(options)
    return withAbortReason(call.signal, async () => {
      const answer = await this.#ask("/shield", body("content", judgedOf(content), rest), call.signal)
      await answer.check("application/json")
      const verdict = await answer.json()
      if (!isRecord(verdict) || !Array.isArray(verdict["policies"])) throw answer.unexpected("no verdict")
      // The server is trusted with the fields of a verdict.
      return verdict as unknown as Verdict
    })
  }

  /** Traces a text, or a finished generation. */
  async inspect(text: string | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    const { call, rest } = split(options)
    return withAbortReason(call.signal, async () => {
      const answer = await this.#ask("/inspect", body("text", tracedOf(text), rest), call.signal)
      await answer.check("application/json")
      return readTrace(await answer.json(), answer)
    })
  }

  async *#parts(prompt: Prompt, options: object, { signal }: CallOptions): AsyncGenerator<GenerationPart, void, void> {
    signal?.throwIfAborted()
    const leaving = new AbortController()
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal])
    try {
      const answer = await this.#ask("/generate", body("prompt", prompt, options), either)
      await answer.check("application/x-ndjson")
      let isFinished = false
      for await (const line of answer.lines()) {
        const part = readPart(line, answer)
        isFinished = part.type === "finish"
        signal?.throwIfAborted()
        yield part
        signal?.throwIfAborted()
      }
      if (!isFinished) throw answer.cut()
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      leaving.abort()
    }
  }

  async #ask(path: string, json: string | undefined, signal: AbortSignal | undefined): Promise<RemoteAnswer> {
    const url = `${this.#base}/facet${path}`
    if (!URL.canParse(url) && !("location" in globalThis)) {
      throw invalid(
        "url",
        `"${this.#base}" is relative, and there is no page that it could be relative to`,
        "Use a whole address.",
      )
    }
    const headers = typeof this.#headers === "function" ? await this.#headers() : this.#headers
    // Called without an owner, as browsers demand of their own.
    const send = this.#fetch ?? globalThis.fetch
    try {
      const request =
        json === undefined ? { headers } : { method: "POST", body: json, headers: { ...headers, ...jsonType } }
      return new RemoteAnswer(url, await send(url, { ...request, signal: signal ?? null }))
    } catch (cause) {
      const problem = `the server cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`
      const remedy =
        "Check that it runs there, and that it sends CORS headers if the page is of another origin: `facet serve --cors ORIGIN`."
      throw new RemoteError({ url, problem, remedy }, { cause })
    }
  }
}

const jsonType = { "Content-Type": "application/json" }

/** Of a generation goes along what is judged; a trace of thousands of tokens stays here. */
const judgedOf = (content: Content): unknown =>
  typeof content === "object" && content !== null && "finishReason" in content
    ? { finishReason: content.finishReason, prompt: content.prompt, text: content.text }
    : content

/** The same, for what is traced. */
const tracedOf = (text: string | Generation): unknown =>
  typeof text === "object" && text !== null && "tokens" in text ? { tokens: text.tokens } : text

/** @throws InvalidRequestError for what JSON cannot say */
function body(name: string, subject: unknown, options: object): string {
  checkSendable(name, subject)
  checkSendable("", options)
  return JSON.stringify({ [name]: subject, options })
}

/** Takes a call's own options from those of the effect, as a Facet does. */
function split<Options extends CallOptions>(
  options: Options,
): { readonly call: CallOptions; readonly rest: Omit<Options, "signal"> } {
  if (!isRecord(options)) {
    const problem = `${options === null ? "null" : typeof options} where an object is expected`
    throw invalid("options", problem, "Pass an object, or leave it out.")
  }
  const { signal, ...rest } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    const problem = `${signal === null ? "null" : typeof signal} where an AbortSignal is expected`
    throw invalid("signal", problem, "Pass the signal of an AbortController.")
  }
  return { call: { signal }, rest }
}

/** Whatever went wrong, whoever aborted hears the signal's reason. */
async function withAbortReason<A>(signal: AbortSignal | undefined, work: () => Promise<A>): Promise<A> {
  signal?.throwIfAborted()
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

const invalid = (option: string, problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option, problem, remedy })
