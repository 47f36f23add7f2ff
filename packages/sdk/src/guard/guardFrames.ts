/** Drives the gate: reads a source, has its texts judged, and lets out what may go out. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { FacetError } from "../words/Errors.ts"
import type { Verdict } from "../words/Verdict.ts"
import type { Frame } from "./Frame.ts"
import { Gate, type Question } from "./Gate.ts"
import type { JudgedInput } from "./judgeInput.ts"
import { mostAhead, ReadAhead } from "./ReadAhead.ts"
import type { Judge } from "../words/Judge.ts"
import type { GuardPlan } from "../words/GuardOptions.ts"
import type { GuardPart, GuardReport } from "../words/GuardReport.ts"

export interface GuardedFrames<A, E, R, J> {
  readonly plan: Pick<GuardPlan, "mode" | "onError" | "output"> & {
    readonly input: "before" | "parallel" | undefined
    readonly judge?: Pick<Judge, "longestSpan"> | undefined
  }
  /** Started when the input is let in, or at once; interrupted on a trip and when the reader leaves. */
  readonly source: Stream.Stream<Frame<A>, E, R>
  readonly judgeInput: Effect.Effect<JudgedInput, FacetError, J>
  /** Told at the beginning how to ask what was done so far. */
  readonly observe?: ((report: () => GuardReport) => void) | undefined
  /** Bytes of the source that may be held before it has to wait. Default: 256 KiB. */
  readonly mostAhead?: number | undefined
  readonly judgeOutput: (question: Question) => Effect.Effect<Verdict, FacetError, J>
}

/** Events that wait to be looked at. */
const mostEvents = 64
/** Parts that wait for a slow reader. */
const buffered = 16

type Event<A, E> =
  | { readonly type: "frame"; readonly frame: Frame<A> }
  | { readonly type: "end"; readonly exit: Exit.Exit<void, E> }
  | { readonly type: "input"; readonly exit: Exit.Exit<JudgedInput, FacetError> }
  | { readonly type: "output"; readonly exit: Exit.Exit<Verdict, FacetError> }

/**
 * Lets out what was judged. The report comes last, also when the source fails: what was read until then is judged and
 * let out, and then the stream fails as the source did.
 */
export const guardFrames = <A, E, R, J>(guarded: GuardedFrames<A, E, R, J>): Stream.Stream<GuardPart<A>, E, R | J> =>
  Stream.suspend(() => {
    const ahead = new ReadAhead(guarded.mostAhead ?? mostAhead)
    const parts = Stream.callback<GuardPart<A>, E, R | J>(
      (out) =>
        Effect.matchCauseEffect(new Guarding(guarded, out, ahead).run(), {
          onFailure: (cause) => Queue.failCause(out, cause),
          onSuccess: () => Queue.end(out),
        }),
      { bufferSize: buffered },
    )
    return Stream.map(parts, (part) => {
      if (part.type === "value") ahead.taken()
      return part
    })
  })

class Guarding<A, E, R, J> {
  readonly #guarded: GuardedFrames<A, E, R, J>
  readonly #out: Queue.Queue<GuardPart<A>, E | Cause.Done>
  readonly #gate: Gate<A>
  readonly #ahead: ReadAhead
  #events!: Queue.Queue<Event<A, E>>
  #source: Fiber.Fiber<unknown, unknown> | undefined
  #end: Exit.Exit<void, E> | undefined
  #isJudgingInput = false
  #isJudgingOutput = false

  constructor(guarded: GuardedFrames<A, E, R, J>, out: Queue.Queue<GuardPart<A>, E | Cause.Done>, ahead: ReadAhead) {
    const { input, judge, mode, onError, output } = guarded.plan
    this.#guarded = guarded
    this.#out = out
    this.#ahead = ahead
    this.#gate = new Gate({
      mode,
      input: input !== undefined,
      output,
      isOpenOnError: onError === "allow",
      longestSpan: judge?.longestSpan,
    })
    guarded.observe?.(() => this.#gate.report())
  }

  run(): Effect.Effect<void, E, R | J | Scope.Scope> {
    const self = this
    return Effect.gen(function* () {
      self.#events = yield* Queue.bounded<Event<A, E>>(mostEvents)
      const { input, mode } = self.#guarded.plan
      if (input !== undefined) yield* self.#judgeInput()
      const waits = input === "before" && mode !== "audit"
      if (!waits) yield* self.#startSource()
      for (;;) {
        self.#apply(yield* Queue.take(self.#events))
        if (self.#gate.blocked !== undefined) break
        yield* self.#release()
        if (self.#source === undefined && !self.#isJudgingInput) yield* self.#startSource()
        yield* self.#judgeNext()
        self.#ahead.settle(self.#isJudgingInput || self.#isJudgingOutput)
        if (self.#isDone()) break
      }
      yield* self.#finish()
    })
  }

  #startSource() {
    const { source } = this.#guarded
    const read = Stream.runForEach(source, (frame) => {
      this.#ahead.read(frame)
      return Effect.andThen(Queue.offer(this.#events, { type: "frame", frame }), this.#ahead.room)
    })
    const reading = Effect.flatMap(Effect.exit(read), (exit) =>
      Queue.offer(this.#events, { type: "end", exit: Exit.asVoid(exit) }),
    )
    return Effect.map(Effect.forkScoped(reading), (fiber) => void (this.#source = fiber))
  }

  #judgeInput() {
    this.#isJudgingInput = true
    return this.#fork(this.#guarded.judgeInput, (exit) => ({ type: "input", exit }))
  }

  #release() {
    const parts = this.#gate.take()
    this.#ahead.released(parts.filter(({ type }) => type === "value").length)
    return Queue.offerAll(this.#out, parts)
  }

  #judgeNext() {
    const question = this.#gate.nextQuestion()
    if (question === undefined) return Effect.void
    this.#isJudgingOutput = true
    return this.#fork(this.#guarded.judgeOutput(question), (exit) => ({ type: "output", exit }))
  }

  #fork<T>(judgement: Effect.Effect<T, FacetError, J>, eventOf: (exit: Exit.Exit<T, FacetError>) => Event<A, E>) {
    return Effect.forkScoped(Effect.flatMap(Effect.exit(judgement), (exit) => Queue.offer(this.#events, eventOf(exit))))
  }

  #apply(event: Event<A, E>): void {
    const now = performance.now()
    switch (event.type) {
      case "frame":
        this.#ahead.seen()
        return this.#gate.accept(event.frame, now)
      case "end":
        this.#end = event.exit
        return this.#gate.end(now)
      case "input":
        this.#isJudgingInput = false
        if (Exit.isSuccess(event.exit)) return this.#gate.inputJudged(event.exit.value, now)
        return this.#gate.inputFailed(Cause.squash(event.exit.cause), now)
      case "output":
        this.#isJudgingOutput = false
        if (Exit.isSuccess(event.exit)) return this.#gate.judged(event.exit.value, now)
        return this.#gate.failed(Cause.squash(event.exit.cause), now)
    }
  }

  #isDone(): boolean {
    return this.#end !== undefined && !this.#isJudgingInput && !this.#isJudgingOutput && this.#gate.isEmpty
  }

  /** The source is stopped before anybody hears why; nobody waits until it has stopped. */
  #finish() {
    const self = this
    return Effect.gen(function* () {
      if (self.#gate.blocked !== undefined) self.#source?.interruptUnsafe()
      yield* self.#release()
      yield* Queue.offer(self.#out, { type: "report", report: self.#gate.report() })
      if (self.#gate.blocked === undefined && self.#end !== undefined) yield* self.#end
    })
  }
}
