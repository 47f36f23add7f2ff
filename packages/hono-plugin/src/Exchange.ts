/** One request and its answer, from the first byte to the last, and what is told of it to those who count. */
import type { EffectName } from "@facet/sdk/remote"
import {
  callHook,
  type CallOptions,
  type FinishReason,
  type JudgingStage,
  type Timings,
  traceContextOf,
  type Usage,
  type Verdict,
} from "@facet/sdk/words"
import type { Context } from "hono"
import type { ContentfulStatusCode } from "hono/utils/http-status"

import { cacheSaltOf } from "./cacheSaltOf.ts"

/** Of OpenAI's API, of Ollama's, and of the effects. */
export type Route =
  | "chat.completions"
  | "completions"
  | "embeddings"
  | "decisions"
  | "systemone"
  | "models"
  | "moderations"
  | "responses"
  | "facet"
  | `facet.${EffectName}`
  | "api.chat"
  | "api.embed"
  | "api.embeddings"
  | "api.generate"
  | "api.ps"
  | "api.show"
  | "api.tags"
  | "api.version"

/** What a client is told of a failure. */
export interface ToldFailure {
  readonly status: ContentfulStatusCode
  /** Its name for programs. */
  readonly code: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
  /** What was told in other words, or left out. */
  readonly cause?: unknown
}

/** Tells failures in the form of one API. */
export type ToFailure = (error: unknown) => ToldFailure

/** What is told of a request when it is over. It holds figures and names of the server's own, never a client's text. */
export interface RequestReport {
  readonly id: string
  readonly route: Route
  /** The answer's; 499 where the client left before there was one. */
  readonly status: number
  /** `left`: the client went away before the end. `failed`: it was told of an error, be it in mid-stream. */
  readonly outcome: "done" | "failed" | "left"
  /** The name of what the client was told: `error.code` of OpenAI's API, the end of a problem's `type`. */
  readonly code: string | undefined
  readonly isStream: boolean
  readonly durationMs: number
  /** From the request to the first text of the answer; absent where there was none. */
  readonly firstTextMs: number | undefined
  readonly finishReason: FinishReason | undefined
  /** Absent where the model did not come to an end. */
  readonly usage: Usage | undefined
  /** Texts that were judged and flagged: of `/v1/moderations`, or the prompt and the answer; absent without a judge. */
  readonly flagged: number | undefined
  /** What each policy said of each text that was judged: in a stream, of its prompt and of its answer one each. */
  readonly verdicts: ReadonlyArray<PolicyReport>
  /** Milliseconds a token after the first, of each generation that had more than one. */
  readonly tokenMs: ReadonlyArray<number>
  /** Of the last generation that came to its end. */
  readonly timings: Timings | undefined
  /** The header of W3C's trace context that the request bore, if it is one: its spans belong under it. */
  readonly traceparent: string | undefined
}

/** What one policy said of one text. */
export interface PolicyReport {
  /** What came in, or what went out. */
  readonly of: "input" | "output"
  /** The policy's id, which a client of `/facet/shield` may have made up. */
  readonly policy: string
  readonly stage: JudgingStage
  readonly flagged: boolean
}

export interface ExchangeHooks {
  readonly onRequest?: ((report: RequestReport) => void) | undefined
  readonly onError?: ((error: unknown, request: { readonly id: string; readonly route: Route }) => void) | undefined
}

/** The status that nginx made known for "client closed request"; nobody is there to see it. */
const leftStatus = 499

type Noted = Pick<RequestReport, "firstTextMs" | "finishReason" | "usage" | "flagged">

export class Exchange {
  readonly id: string
  readonly signal: AbortSignal
  /** Which of the server's keys the request bears; undefined where there are none. */
  key: number | undefined
  /** Who asks, where that is known. */
  client: string | undefined
  /** Takes one more place of the client's, and gives what gives it back; undefined where there is none. */
  takeAnother: () => (() => void) | undefined = () => undefined
  readonly #context: Context
  readonly #route: Route
  readonly #hooks: ExchangeHooks
  readonly #toFailure: ToFailure
  readonly #startedAt = performance.now()
  readonly #leaving = new AbortController()
  #noted: Noted = { firstTextMs: undefined, finishReason: undefined, usage: undefined, flagged: undefined }
  readonly #whenOver: Array<() => void> = []
  readonly #warnings: Array<string> = []
  readonly #verdicts: Array<PolicyReport> = []
  readonly #tokenMs: Array<number> = []
  readonly #traceparent: string | undefined
  #timings: Timings | undefined
  #isStream = false
  #isOver = false

  constructor(context: Context, route: Route, hooks: ExchangeHooks, toFailure: ToFailure) {
    this.#context = context
    this.#route = route
    this.#hooks = hooks
    this.#toFailure = toFailure
    this.id = requestId(context.req.header("x-request-id"))
    const traceparent = context.req.header("traceparent")
    // One that cannot be read is passed over, as the standard says.
    this.#traceparent = traceContextOf(traceparent) === undefined ? undefined : traceparent
    // Of a connection that breaks, some servers tell the request, and others the answer's stream.
    this.signal = AbortSignal.any([context.req.raw.signal, this.#leaving.signal])
  }

  /** What goes with each call of the engine. */
  call(cacheSalt?: string): CallOptions {
    return {
      signal: this.signal,
      cacheSalt: cacheSaltOf(this.key, cacheSalt),
      client: this.client,
      traceparent: this.#traceparent,
    }
  }

  note(facts: Partial<Noted>): void {
    this.#noted = { ...this.#noted, ...facts }
  }

  /** A text was judged. */
  noteVerdict(of: PolicyReport["of"], { flagged, policies, stage = "guard" }: Verdict): void {
    this.note({ flagged: (this.#noted.flagged ?? 0) + (flagged ? 1 : 0) })
    for (const one of policies) this.#verdicts.push({ of, policy: one.policy, stage, flagged: one.flagged })
  }

  /** A generation came to its end. */
  noteTimings(timings: Timings): void {
    const { tokensPerSecond } = timings
    this.#timings = timings
    if (tokensPerSecond > 0) this.#tokenMs.push(1000 / tokensPerSecond)
  }

  noteFirstText(): void {
    if (this.#noted.firstTextMs === undefined) this.note({ firstTextMs: performance.now() - this.#startedAt })
  }

  /** Tells the client, in a header, of fields that were accepted and change nothing. */
  warn(warnings: ReadonlyArray<string>): void {
    this.#warnings.push(...warnings)
  }

  /** Called once, at the end, however it comes. */
  whenOver(call: () => void): void {
    if (this.#isOver) call()
    else this.#whenOver.push(call)
  }

  /** Sends JSON, and is over with it. */
  json(body: object): Response {
    this.#end("done", 200)
    return this.#respond(JSON.stringify(body), 200, jsonType)
  }

  /** Sends texts as they come. Whoever stops reading ends their making. */
  stream(texts: AsyncGenerator<string, void, void>, contentType: string): Response {
    this.#isStream = true
    return this.#respond(this.#readable(texts), 200, { "Content-Type": contentType, ...streamHeaders })
  }

  /** Tells a failure, unless nobody is there any more. */
  failure(error: unknown): Response {
    if (this.signal.aborted) {
      this.#end("left", leftStatus)
      return this.#respond(null, leftStatus, {})
    }
    const told = this.#toFailure(error)
    this.#fail(error, told, told.status)
    return this.#respond(JSON.stringify(told.body), told.status, { ...jsonType, ...told.headers })
  }

  /** Tells a failure to a client that has read a part of the answer. */
  failureAfterStart(error: unknown): object {
    const told = this.#toFailure(error)
    this.#fail(error, told, 200)
    return told.body
  }

  /** Tells those who run the server of a failure. */
  tell(error: unknown): void {
    callHook("onError", () => this.#hooks.onError?.(error, { id: this.id, route: this.#route }))
  }

  #fail(error: unknown, told: ToldFailure, status: number): void {
    // What a client did wrong is its own affair.
    const origin = told.cause ?? error
    if (told.status >= 500) this.tell(origin)
    this.#end("failed", status, told.code ?? undefined)
  }

  #end(outcome: RequestReport["outcome"], status: number, code?: string): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const call of this.#whenOver.splice(0)) call()
    const durationMs = performance.now() - this.#startedAt
    const report = { id: this.id, route: this.#route, status, outcome, code, isStream: this.#isStream, durationMs }
    const counted = { verdicts: this.#verdicts, tokenMs: this.#tokenMs, timings: this.#timings }
    const noted = { ...this.#noted, ...counted, traceparent: this.#traceparent }
    callHook("onRequest", () => this.#hooks.onRequest?.({ ...report, ...noted }))
  }

  #respond(
    body: string | ReadableStream<Uint8Array> | null,
    status: number,
    headers: Record<string, string>,
  ): Response {
    // Through the context, so that what other middleware has set stays.
    const warnings =
      this.#warnings.length === 0 ? {} : { [warningHeader]: this.#warnings.join(" ").slice(0, mostWarned) }
    for (const [name, value] of Object.entries({ ...headers, ...warnings, "X-Request-Id": this.id }))
      this.#context.header(name, value)
    // Hono's type of status codes does not know 499.
    return this.#context.newResponse(body, status as 200)
  }

  #readable(texts: AsyncGenerator<string, void, void>): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    const leave = (): void => {
      this.#leaving.abort(new DOMException("The client left.", "AbortError"))
      this.#end("left", 200)
    }
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const next = await texts.next()
          if (next.done !== true) return controller.enqueue(encoder.encode(next.value))
          this.#end("done", 200)
          controller.close()
        } catch (error) {
          // Only the client's leaving is left to come here.
          leave()
          controller.error(error)
        }
      },
      cancel: async () => {
        leave()
        await texts.return()
      },
    })
  }
}

/** What of a request was accepted and changes nothing. */
export const warningHeader = "X-Facet-Warning"

/** Servers bound the size of headers; who sends a thousand messages would fill it. */
const mostWarned = 2_000

const jsonType = { "Content-Type": "application/json" }

const streamHeaders = {
  // Whoever compresses on the way would hold parts back until there are enough of them.
  "Cache-Control": "no-cache, no-transform",
  // Asks nginx to pass parts on as they come.
  "X-Accel-Buffering": "no",
}

/** The client's own id, if it is one that logs and headers can bear. */
const requestId = (given: string | undefined): string =>
  given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : `req_${globalThis.crypto.randomUUID()}`
