/** The effects of a server, with the methods of a Facet. */
import type { AnswerSchema, ValueOf } from "../words/AnswerSchema.ts"
import { type CallOptions, splitCallOptions, splitStreamCall, type StreamRequest } from "../words/CallOptions.ts"
import { checkFunction, checkKnown, show } from "../words/Checks.ts"
import type { Decision } from "../words/Decision.ts"
import { isRecord } from "../words/Json.ts"
import type { Content, ShieldOptions } from "../words/Content.ts"
import { errorFromPlain, invalidRequest } from "../words/Errors.ts"
import type { GenerateOptions } from "../words/GenerateOptions.ts"
import { collect, type Generation, type GenerationPart } from "../words/Generation.ts"
import { loadAnswerSchema, loadToolSchemas } from "../words/loadAnswerSchema.ts"
import type { Prompt, TokenPrompt } from "../words/Prompt.ts"
import type { Questions } from "../words/Question.ts"
import type { InspectOptions, Trace } from "../words/Trace.ts"
import type { Verdict } from "../words/Verdict.ts"
import { decisionReader } from "./DecisionDocument.ts"
import { descriptionFromJson, type RemoteDescription } from "./DescriptionDocument.ts"
import { effectToJson } from "./EffectDocument.ts"
import type { Effects } from "./Effects.ts"
import { linesType } from "./Lines.ts"
import { breakFromJson, partReader } from "./PartDocument.ts"
import { RemoteAnswer } from "./RemoteAnswer.ts"
import { RemoteError } from "./RemoteError.ts"
import { jsonType, routes } from "./routes.ts"
import { traceFromJson } from "./TraceDocument.ts"
import { verdictFromJson } from "./VerdictDocument.ts"

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

  /** Which model answers, and on what. Resolves when the server has opened it. */
  async describe(options: CallOptions = {}): Promise<RemoteDescription> {
    const { call, rest } = splitCallOptions(options)
    checkKnown(rest, [])
    return withAbortReason(call, async () => {
      const answer = await this.#ask("describe", undefined, call)
      return answer.document(descriptionFromJson, "no description of a model")
    })
  }

  /** What the model says, all at once; with a `schema`, also as its value, which is `object`. */
  async generate<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options: GenerateOptions<S> & CallOptions = {},
  ): Promise<Generation<ValueOf<S>>> {
    const parts: Array<GenerationPart<ValueOf<S>>> = []
    // Streamed, as a proxy may end an answer that is long in coming.
    for await (const part of this.stream<S>(prompt, options)) parts.push(part)
    return collect(prompt, parts)
  }

  /** What the model says, part by part. Leaving the loop ends the work on the server. */
  stream<const S extends AnswerSchema = never>(
    prompt: Prompt,
    options?: GenerateOptions<S> & CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  stream<const S extends AnswerSchema = never>(
    request: StreamRequest<S>,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void>
  stream<const S extends AnswerSchema = never>(
    first: Prompt | StreamRequest<S>,
    second?: GenerateOptions<S> & CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void> {
    const { call, prompt, rest } = splitStreamCall(first, second)
    return this.#parts(prompt, rest, call)
  }

  /** Judges a content against policies. */
  async shield(content: Content, options: ShieldOptions & CallOptions = {}): Promise<Verdict> {
    const { call, rest } = splitCallOptions(options)
    return withAbortReason(call, async () => {
      const answer = await this.#ask(
        "shield",
        effectToJson("shield", { subject: content, options: rest, cacheSalt: call.cacheSalt }),
        call,
      )
      return answer.document(verdictFromJson, "no verdict")
    })
  }

  /** Traces a text, tokens as they are, or a finished generation. */
  async inspect(text: string | TokenPrompt | Generation, options: InspectOptions & CallOptions = {}): Promise<Trace> {
    const { call, rest } = splitCallOptions(options)
    return withAbortReason(call, async () => {
      const answer = await this.#ask("inspect", effectToJson("inspect", { subject: text, options: rest }), call)
      return answer.document(traceFromJson, "no trace")
    })
  }

  /** Answers typed questions about a text with probabilities. */
  async decide<const Q extends Questions>(
    state: string,
    questions: Q,
    options: CallOptions = {},
  ): Promise<Decision<Q>> {
    const { call, rest } = splitCallOptions(options)
    checkKnown(rest, [])
    return withAbortReason(call, async () => {
      const { cacheSalt } = call
      const answer = await this.#ask(
        "decide",
        effectToJson("decide", { subject: state, options: { questions }, cacheSalt }),
        call,
      )
      return answer.document(decisionReader(questions), "no decision")
    })
  }

  async *#parts<S extends AnswerSchema>(
    prompt: Prompt,
    options: GenerateOptions<S>,
    { cacheSalt, client, signal }: CallOptions,
  ): AsyncGenerator<GenerationPart<ValueOf<S>>, void, void> {
    signal?.throwIfAborted()
    const leaving = new AbortController()
    const either = signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal])
    try {
      const { schema, ...others } = options
      const rest = others.tools === undefined ? others : { ...others, tools: await loadToolSchemas(others.tools) }
      const loaded = schema === undefined ? undefined : await loadAnswerSchema(schema)
      // Values are made here, where their validator is.
      const sent = loaded === undefined ? rest : { ...rest, schema: loaded.json }
      const body = effectToJson("generate", { subject: prompt, options: sent, cacheSalt })
      for await (const part of partsOf(await this.#ask("generate", body, { client, signal: either }))) {
        signal?.throwIfAborted()
        yield loaded === undefined ? (part as GenerationPart<never>) : await loaded.objects.pass(part)
        signal?.throwIfAborted()
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    } finally {
      leaving.abort()
    }
  }

  async #ask(
    route: keyof typeof routes,
    json: string | undefined,
    { client, signal }: CallOptions,
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
    const headers = typeof this.#headers === "function" ? await this.#headers() : this.#headers
    // Called without an owner, as browsers demand of their own.
    const send = this.#fetch ?? globalThis.fetch
    try {
      const request =
        json === undefined
          ? { headers }
          : { method: "POST", body: json, headers: { ...headers, "Content-Type": jsonType } }
      return new RemoteAnswer(url, await send(url, { ...request, signal: signal ?? null }))
    } catch (cause) {
      const problem = `the server cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`
      const remedy =
        "Check that it runs there, and that it sends CORS headers if the page is of another origin: `facet serve --cors ORIGIN`."
      throw new RemoteError({ url, problem, remedy }, { cause })
    }
  }
}

/** The parts of an answer, which has come to its end only with a finish. */
async function* partsOf(answer: RemoteAnswer): AsyncGenerator<GenerationPart, void, void> {
  const reader = partReader((error) => errorFromPlain(error) ?? answer.problem(error))
  let isFinished = false
  for await (const document of answer.documents(linesType)) {
    const broken = breakFromJson(document)
    if (broken !== undefined) throw answer.problem(broken.problem)
    const part = answer.read(document, reader, "a part that is not known here")
    isFinished = part.type === "finish"
    yield part
  }
  if (!isFinished) throw answer.cut()
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
