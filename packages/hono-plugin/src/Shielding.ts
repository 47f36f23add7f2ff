/** One request, from its body to the last byte of its answer. */
import type { GuardPlan, Blocked, Frame, GuardPart, InputRedaction, PromiseGuard } from "@facet/sdk"
import { emptyReport } from "@facet/sdk/words"
import type { Context, Next } from "hono"
import type { Guards } from "./guardsOf.ts"
import { joined } from "./joined.ts"
import { blockedProblem, problem, tagOf, unguardedUpgrade, unreadableProblem, upgradeProblem } from "./Problems.ts"
import { replaceResponse, withoutLength } from "./replaceResponse.ts"
import { type Input, inputOf, noInput } from "./request/Input.ts"
import { isWebSocketUpgrade } from "./request/isWebSocketUpgrade.ts"
import { putBack, readBody } from "./request/readBody.ts"
import { readInput, type ReadInput } from "./request/readInput.ts"
import { redactionOfBody } from "./request/redactionOfBody.ts"
import type { Ending, Piece, Unreadable } from "./response/Format.ts"
import { type Answer, openAnswer } from "./response/openAnswer.ts"
import { asItIs, withoutForged } from "./response/withoutForged.ts"
import { verdictOf } from "./response/verdictOf.ts"
import { ShieldCall } from "./ShieldContext.ts"
import { defaultMaxBodyBytes, defaultMaxHeldBytes, type ShieldRouteOptions } from "./ShieldRouteOptions.ts"
import { UnreadableBodyError } from "./UnreadableBodyError.ts"

export interface Shield {
  readonly options: ShieldRouteOptions
  readonly plan: GuardPlan
  readonly guards: Guards
}

/** What is known of an answer once its first judged text may go out, or nothing of it ever will. */
type Head =
  /** More may follow. */
  | { readonly type: "stream"; readonly pieces: ReadonlyArray<Piece> }
  | { readonly type: "whole"; readonly pieces: ReadonlyArray<Piece> }
  | { readonly type: "blocked"; readonly blocked: Blocked }
  | { readonly type: "failed"; readonly error: unknown }

/** So long a stream's opening, which says nothing yet, is held back: a block until then has a status of its own. */
const openingMs = 10_000
/** So many bytes of it at most. */
const openingBytes = 64 * 1024
/** So long a handler that was told to stop is waited for, to release what it answers. */
const stoppingMs = 250

export class Shielding {
  readonly #c: Context
  readonly #shield: Shield
  readonly #call: ShieldCall
  readonly #client: AbortSignal
  readonly #leaving = new AbortController()
  #answer: Answer | undefined
  #isStarted = false
  #isAnswered = false
  #isOver = false
  #isRead = false
  #isUnreadable = false
  /** What the route failed with, apart from what the guard may fail with. */
  readonly #routeErrors: Array<unknown> = []
  #parts: AsyncGenerator<GuardPart<Piece>, void, void> | undefined
  #pending: Promise<IteratorResult<GuardPart<Piece>, void>> | undefined

  constructor(c: Context, shield: Shield) {
    const { onReport } = shield.options
    this.#c = c
    this.#shield = shield
    this.#client = c.req.raw.signal
    this.#call = new ShieldCall((report) => onReport?.(report, c))
    c.set("shield", this.#call)
  }

  /** Whatever happens, the call is told of once. */
  async run(next: Next): Promise<Response | void> {
    try {
      return await this.#run(next)
    } catch (error) {
      this.#end(error)
      throw error
    }
  }

  async #run(next: Next): Promise<Response | void> {
    if (isWebSocketUpgrade(this.#c.req.raw)) return this.#upgrade(next)
    // Whoever has read the body before has what would be cut out of it.
    const isUnread = !this.#c.req.raw.bodyUsed && Object.keys(this.#c.req.bodyCache).length === 0
    const read = await this.#readInput()
    if (read instanceof UnreadableBodyError) return this.#refuse(unreadableProblem(read), read)
    const { body, input } = read
    const guard = await this.#openGuard(input)
    if (guard === undefined) {
      await next()
      return this.#call.end()
    }
    if ("reason" in guard) return this.#block(guard)
    const { plan } = this.#shield
    const isWritten = isUnread && body !== undefined && plan.judge?.longestSpan !== undefined
    return this.#guard(guard, input, isWritten ? redactionOfBody(this.#c, body, plan.whose) : undefined, next)
  }

  /** What goes over a WebSocket is seen by its two ends alone. */
  async #upgrade(next: Next): Promise<Response | void> {
    const error = unguardedUpgrade()
    if (!this.#isOpen) return this.#refuse(upgradeProblem(error), error)
    this.#call.fail({ of: "input", error })
    this.#call.fail({ of: "output", error })
    await next()
    return this.#call.end()
  }

  async #readInput(): Promise<ReadInput | UnreadableBodyError> {
    const { options, plan } = this.#shield
    if (plan.input === undefined) return { input: noInput }
    try {
      const limit = options.maxBodyBytes ?? defaultMaxBodyBytes
      if (options.extract === undefined) return await readInput(this.#c, limit, plan.whose)
      return { input: await this.#extract(limit) }
    } catch (error) {
      if (!(error instanceof UnreadableBodyError)) throw error
      if (error.reason !== "unsupported" || !this.#isOpen) return error
      this.#call.fail({ of: "input", error })
      return { input: noInput }
    }
  }

  async #extract(limit: number): Promise<Input> {
    const body = await readBody(this.#c, limit)
    const text = await this.#shield.options.extract?.(this.#c)
    if (body !== undefined && this.#c.req.raw.bodyUsed) putBack(this.#c, body)
    return text === undefined ? noInput : inputOf([text])
  }

  /** Whether what cannot be judged goes through. */
  get #isOpen(): boolean {
    const { mode, onError } = this.#shield.plan
    return onError === "allow" || mode === "audit"
  }

  /** Undefined when there is nothing to guard, or nobody to guard it and that is all right. */
  async #openGuard({ input }: Input): Promise<PromiseGuard | Blocked | undefined> {
    const { guards, plan } = this.#shield
    const isAsked = plan.input !== undefined && input.length > 0
    if (!isAsked && !plan.output) return undefined
    try {
      return await guards.get({ signal: this.#client })
    } catch (error) {
      const of = isAsked ? "input" : "output"
      if (!this.#isOpen) return { of, reason: "failed", error }
      this.#call.fail({ of, error })
      return undefined
    }
  }

  /** Each client's judgements share prefixes with no other's, and take turns with them. */
  #asking(): { readonly client?: string; readonly cacheSalt?: string } {
    const client = this.#shield.options.clientOf?.(this.#c)
    return client === undefined ? {} : { client, cacheSalt: JSON.stringify(["client", client]) }
  }

  async #guard(
    guard: PromiseGuard,
    { exchange, input, question }: Input,
    redaction: InputRedaction | undefined,
    next: Next,
  ): Promise<Response | void> {
    const starting = Promise.withResolvers<AbortSignal>()
    const source = Promise.withResolvers<AsyncIterable<Frame<Piece>>>()
    // Whoever was blocked waits for no source any more.
    source.promise.catch(() => {})
    this.#parts = guard.frames<Piece>({
      input,
      question,
      exchange,
      redaction,
      signal: AbortSignal.any([this.#client, this.#leaving.signal]),
      ...this.#asking(),
      observe: this.#call.observe,
      source: ({ signal }) => {
        starting.resolve(signal)
        return source.promise
      },
    })
    const reading = this.#readHead(this.#parts)
    const signal = await Promise.race([starting.promise, reading.then(() => undefined)])
    // The handler is called from here, not from within the guard: what belongs to this request's async context stays so.
    const answering =
      signal === undefined ? undefined : this.#callHandler(next, signal).then(source.resolve, source.reject)
    const head = await reading
    if (answering !== undefined && !this.#isAnswered) await Promise.race([answering, delay(stoppingMs)])
    this.#isOver = true
    return this.#respond(head, next)
  }

  async #callHandler(next: Next, signal: AbortSignal): Promise<AsyncIterable<Frame<Piece>>> {
    this.#isStarted = true
    // The source's signal fires at its end, too; the handler's only when it is to stop.
    signal.addEventListener("abort", () => this.#isRead || this.#call.abort(signal.reason), { once: true })
    await next().catch((error: unknown) => this.#failAsRoute(error))
    // Too late: the response in the context is the one that says so, and Hono keeps no other.
    if (this.#isOver) return nothing()
    this.#isAnswered = true
    const { res } = this.#c
    if (signal.aborted) void res.body?.cancel().catch(() => {})
    const { mode, output } = this.#shield.plan
    this.#answer = openAnswer(this.#c.req.method === "HEAD" ? new Response(null) : res, {
      isJudged: output,
      isAudited: mode === "audit",
      clean: this.#shield.options.trustFacetParts === true ? asItIs : withoutForged,
      unreadable: (error) => this.#noteUnreadable(error),
    })
    this.#isRead = this.#answer === undefined
    if (this.#answer === undefined) return nothing()
    return this.#frames(this.#answer, signal)
  }

  /** What is held until it is judged is bounded: who answers may be a model, or a server behind the route. */
  async *#frames({ body, format }: Answer, signal: AbortSignal): AsyncGenerator<Frame<Piece>, void, void> {
    const most = this.#shield.options.maxHeldBytes ?? defaultMaxHeldBytes
    const isHeldToEnd = format.isWhole || this.#shield.plan.mode === "buffer"
    let held = 0
    const count = async function* (bytes: AsyncIterable<Uint8Array>, unreadable: Unreadable) {
      for await (const chunk of bytes) {
        held += chunk.length
        if (held > most) unreadable(tooMuchHeld(most))
        yield chunk
      }
    }
    const isJudged = this.#shield.plan.output
    const bytes = this.#bytes(body, signal)
    const unreadable: Unreadable = (error) => this.#noteUnreadable(error)
    for await (const frame of format.read(isJudged ? count(bytes, unreadable) : bytes)) {
      if (!isHeldToEnd) held = 0
      yield frame
    }
  }

  #noteUnreadable(error: UnreadableBodyError): void {
    if (!this.#isOpen) throw error
    if (!this.#isUnreadable) this.#call.fail({ of: "output", error })
    this.#isUnreadable = true
  }

  #failAsRoute(error: unknown): never {
    this.#routeErrors.push(error)
    throw error
  }

  /** A reader that waits for bytes hears nothing: the signal lets it go. */
  async *#bytes(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const reader = this.#readerOf(body)
    const cancel = () => void reader.cancel(signal.reason).catch(() => {})
    signal.addEventListener("abort", cancel, { once: true })
    if (signal.aborted) cancel()
    try {
      for (;;) {
        const { done, value } = await reader.read().catch((error: unknown) => this.#failAsRoute(error))
        if (done) break
        if (!ArrayBuffer.isView(value)) throw noBytes(value)
        yield value
      }
      this.#isRead = true
    } finally {
      signal.removeEventListener("abort", cancel)
      cancel()
    }
  }

  /** A body that somebody reads already is the route's mistake. */
  #readerOf(body: ReadableStream<Uint8Array>): ReadableStreamDefaultReader<Uint8Array> {
    try {
      return body.getReader()
    } catch (error) {
      return this.#failAsRoute(error)
    }
  }

  async #readHead(parts: AsyncGenerator<GuardPart<Piece>, void, void>): Promise<Head> {
    const pieces: Array<Piece> = []
    let blocked: Blocked | undefined
    let bytes = 0
    let deadline: Promise<"late"> | undefined
    try {
      for (;;) {
        this.#pending ??= parts.next()
        const result = await (deadline === undefined ? this.#pending : Promise.race([this.#pending, deadline]))
        if (result === "late") return { type: "stream", pieces }
        this.#pending = undefined
        if (result.done === true)
          return blocked === undefined ? { type: "whole", pieces } : { type: "blocked", blocked }
        const part = result.value
        this.#call.note(part)
        if (part.type === "blocked") {
          blocked = part.blocked
          this.#call.abort()
        }
        if (part.type !== "value") continue
        pieces.push(part.value)
        bytes += part.value.bytes.length
        if (this.#answer?.format.isWhole === true) continue
        if (part.value.hasText || bytes > openingBytes) return { type: "stream", pieces }
        deadline ??= delay(openingMs)
      }
    } catch (error) {
      return { type: "failed", error }
    }
  }

  async #respond(head: Head, next: Next): Promise<Response | void> {
    switch (head.type) {
      case "blocked":
        return this.#block(head.blocked)
      case "failed":
        return this.#failBeforeStart(head.error, next)
      case "whole":
        for (const { characters } of head.pieces) this.#call.sent(characters)
        this.#call.end()
        if (this.#answer === undefined) return
        return this.#release(this.#answer, joined(head.pieces.map(({ bytes }) => bytes)))
      case "stream":
        if (this.#answer === undefined) return
        return this.#release(this.#answer, this.#stream(this.#answer, head.pieces))
    }
  }

  #release({ format, isDecoded, response }: Answer, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>): void {
    const { headers, status, statusText } = response
    const isSame =
      !isDecoded &&
      !format.isRewritten &&
      (body instanceof Uint8Array || format.ending({ type: "failed", code: "", message: "" }) === undefined)
    const told = isSame ? new Headers(headers) : withoutLength(headers)
    if (isDecoded) told.delete("content-encoding")
    replaceResponse(this.#c, new Response(body, { status, statusText, headers: told }))
  }

  async #block(blocked: Blocked): Promise<Response | void> {
    this.#call.abort()
    this.#call.end({ report: emptyReport(blocked) })
    const own = await this.#shield.options.onBlocked?.(this.#c, blocked)
    return this.#answerWith(own ?? blockedProblem(blocked))
  }

  #refuse(response: Response, error: unknown): Response | void {
    this.#call.abort()
    this.#end(error)
    return this.#answerWith(response)
  }

  #answerWith(response: Response): Response | void {
    // Before the handler has answered, Hono adds what others have set; afterwards it would keep the handler's answer.
    if (!this.#c.finalized) return response
    void this.#answer?.response.body?.cancel().catch(() => {})
    replaceResponse(this.#c, response)
  }

  async #failBeforeStart(error: unknown, next: Next): Promise<Response | void> {
    if (this.#client.aborted) return this.#refuse(new Response(null, { status: 499 }), error)
    if (error instanceof UnreadableBodyError) return this.#refuse(unreadableProblem(error), error)
    if (!this.#routeErrors.includes(error)) return this.#failAsGuard(error, next)
    if (this.#isAnswered) {
      const detail = "The answer broke off before any of it was released."
      return this.#refuse(problem(502, "failed", "The answer broke off", detail, { of: "output" }), error)
    }
    this.#call.abort()
    this.#end(error)
    throw error
  }

  /** The guard as a whole failed: its Facet was closed. */
  async #failAsGuard(error: unknown, next: Next): Promise<Response | void> {
    if (this.#isStarted || !this.#isOpen)
      return this.#block({ of: this.#isStarted ? "output" : "input", reason: "failed", error })
    this.#call.fail({ of: "input", error })
    await next()
    return this.#call.end()
  }

  #stream(answer: Answer, pieces: ReadonlyArray<Piece>): ReadableStream<Uint8Array> {
    const waiting = [...pieces]
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(answer, waiting, controller),
        cancel: async (reason) => {
          this.#leaving.abort(reason)
          this.#call.abort(reason)
          await this.#parts?.return()
          this.#end(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** A pull is a read that waits: what it brings goes out. */
  async #pull(
    answer: Answer,
    waiting: Array<Piece>,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    try {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
        if (this.#send(controller, piece)) return
      }
      for (;;) {
        const result = await (this.#pending ?? this.#parts?.next())
        this.#pending = undefined
        if (result === undefined || result.done === true) {
          this.#call.end()
          return controller.close()
        }
        const part = result.value
        this.#call.note(part)
        // A pull that brings nothing would be the last one.
        if (part.type === "value" && this.#send(controller, part.value)) return
        if (part.type === "blocked") {
          this.#call.abort()
          this.#endEarly(answer, controller, endingOf(part.blocked), part.blocked.error)
        }
      }
    } catch (error) {
      this.#call.abort(error)
      this.#end(error)
      if (this.#client.aborted || this.#leaving.signal.aborted) return controller.error(error)
      const why =
        this.#routeErrors.includes(error) || error instanceof UnreadableBodyError ? brokenOff(error) : unjudged(error)
      if (this.#endEarly(answer, controller, why, error)) controller.close()
    }
  }

  #endEarly(
    { format }: Answer,
    controller: ReadableStreamDefaultController<Uint8Array>,
    why: Ending,
    error: unknown,
  ): boolean {
    const ending = format.ending(why)
    if (ending === undefined) controller.error(error)
    else if (ending !== "") controller.enqueue(new TextEncoder().encode(ending))
    return ending !== undefined
  }

  /** @returns whether there was anything to send */
  #send(controller: ReadableStreamDefaultController<Uint8Array>, { bytes, characters, sent }: Piece): boolean {
    sent?.()
    if (bytes.length > 0) controller.enqueue(bytes)
    this.#call.sent(characters)
    return bytes.length > 0
  }

  #end(error: unknown): void {
    this.#call.end({ error, isAborted: this.#client.aborted || this.#leaving.signal.aborted })
  }
}

function endingOf(blocked: Blocked): Ending {
  const verdict = verdictOf(blocked)
  return verdict === undefined ? unjudged(blocked.error) : { type: "blocked", verdict }
}

const unjudged = (error: unknown): Ending => ({
  type: "failed",
  code: tagOf(error) ?? "guard_failed",
  message: "The answer could not be judged.",
})

const tooMuchHeld = (most: number): UnreadableBodyError =>
  new UnreadableBodyError({
    of: "output",
    reason: "too large",
    problem: `The answer has more than ${most} bytes that are held until they are judged`,
    remedy: "Answer with less, as a stream of shorter events, or raise `maxHeldBytes`.",
  })

/** Some servers send texts, too; what is no bytes for a guard has no characters to judge. */
const noBytes = (value: unknown): UnreadableBodyError =>
  new UnreadableBodyError({
    of: "output",
    reason: "malformed",
    problem: `The answer's stream gave ${typeof value} where bytes are expected`,
    remedy: "Pipe a stream of texts through a TextEncoderStream.",
  })

/** What an app's error says is the app's affair: a client is told that there was one. */
const brokenOff = (error: unknown): Ending =>
  error instanceof UnreadableBodyError
    ? { type: "failed", code: error._tag, message: error.message }
    : { type: "failed", code: "answer_failed", message: "The answer broke off." }

async function* nothing(): AsyncGenerator<never, void, void> {}

const delay = (milliseconds: number): Promise<"late"> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds, "late"))
