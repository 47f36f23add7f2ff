/** The effect `guard`: shields around any function that makes text, ours or not. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type FacetError, GuardTimeoutError } from "../words/Errors.ts"
import { checkUnicode } from "../words/Checks.ts"
import { checkJudgedLength, checkUnfolded } from "../words/JudgingLimits.ts"
import { Opened } from "../words/Opened.ts"
import { checked } from "../words/checked.ts"
import type { Verdict } from "../words/Verdict.ts"
import { checkFrame } from "./checkFrame.ts"
import { withRedacted } from "../words/withRedacted.ts"
import { checkReadings } from "./checkReadings.ts"
import type { Frame } from "./Frame.ts"
import { guardFrames } from "./guardFrames.ts"
import { judge } from "./judge.ts"
import type { Probed } from "./judgeInCascade.ts"
import { inSlices } from "../words/inSlices.ts"
import { type GuardOptions, type GuardPlan, readGuardOptions } from "../words/GuardOptions.ts"
import { type InputRedaction, type SaidOtherwise, saidOtherwise } from "./InputRedaction.ts"
import { type JudgedInput, judgeInput } from "./judgeInput.ts"
import { judgeReadings } from "./judgeReadings.ts"
import { normaliseInSlices } from "./normaliseForJudging.ts"
import type { ExchangeLines, PromptReading, PromptReadings, ToldExchange } from "../words/promptReadings.ts"
import type { Blocked, GuardPart, GuardReport } from "../words/GuardReport.ts"

/** Judgements that one guard asks for at once: the rest waits here, and leaves room in the engine's queue for others. */
const mostAtOnce = 16

/** What a guarded function gave. */
export interface GuardedText {
  /** Empty when it was blocked. */
  readonly text: string
  readonly blocked?: Blocked
  readonly verdicts: GuardReport["verdicts"]
  readonly report: GuardReport
}

/** What {@link Guard.frames} is asked. */
export interface FramesRequest<Source> {
  /**
   * What is to be judged before the answer: a text, or the readings of a chat, which `promptReadings()` gives. Left out or
   * empty, nothing is.
   */
  readonly input?: string | ReadonlyArray<PromptReading> | undefined
  /** What the answer answers: judged along with it. */
  readonly question?: string | undefined
  /** What was said before, for policies that judge whole exchanges: `promptReadings()` gives it with the readings. */
  readonly exchange?: ToldExchange | undefined
  /**
   * For judges that redact: how the input is written without what they cut out of it. Left out, and where it is judged while the
   * answer is made already, what would be cut out blocks.
   */
  readonly redaction?: InputRedaction | undefined
  /** The answer. It is started once, and only if the input is let in. */
  readonly source: Source
  /**
   * Told at the beginning how to ask what the guard did so far. Whoever leaves in the middle is not there for the report
   * that comes last.
   */
  readonly observe?: ((report: () => GuardReport) => void) | undefined
}

/** A guard for Effects. What it wraps fails as before; a text that is blocked is no failure. */
export interface Guard {
  /** The options, as they were understood. */
  readonly plan: GuardPlan
  /** Judges what a user wrote, normalised; where a judge redacts, the verdict says in `redacted` what is left. */
  readonly input: (text: string) => Effect.Effect<Verdict, FacetError, Opened>
  /** Wraps a function that makes a text. */
  readonly text: <E, R>(
    make: (prompt: string) => Effect.Effect<string, E, R>,
  ) => (prompt: string) => Effect.Effect<GuardedText, E | FacetError, R | Opened>
  /** Wraps a function that makes a stream of text. It is interrupted on a trip. */
  readonly stream: <E, R>(
    make: (prompt: string) => Stream.Stream<string, E, R>,
  ) => (prompt: string) => Stream.Stream<GuardPart<string>, E | FacetError, R | Opened>
  /** Guards a stream of any format. */
  readonly frames: <A, E, R>(
    request: FramesRequest<Stream.Stream<Frame<A>, E, R>>,
  ) => Stream.Stream<GuardPart<A>, E | FacetError, R | Opened>
}

/**
 * Shields around functions that make text: what a user wrote is judged before they are called, what they give before
 * it is released. A judgement that fails blocks, unless `onError` says otherwise.
 *
 * @example
 * const safe = yield* guard({ mode: "window" })
 * const answer = safe.text((prompt) => Effect.succeed(`You asked: ${prompt}`))
 * const { blocked, text } = yield* answer("How do I bake bread?")
 */
export const guard = (options: GuardOptions = {}): Effect.Effect<Guard, FacetError> =>
  Effect.map(
    checked(() => readGuardOptions(options)),
    makeGuard,
  )

/** What an answer answers. */
export type Asked = Pick<PromptReadings, "exchange" | "question">

/** How a guard judges: what a user wrote, and what answers it. */
export interface Judges {
  readonly prompt: (
    readings: ReadonlyArray<PromptReading>,
    redaction?: InputRedaction,
  ) => Effect.Effect<JudgedInput, FacetError, Opened>
  readonly input: (text: string) => Effect.Effect<Verdict, FacetError, Opened>
  /** @param end of the response in the answer so far, of which it may be the last part; left out where it is no place in it. */
  readonly output: (asked: Asked, response: string, end?: number) => Effect.Effect<Verdict, FacetError, Opened>
}

/** What a cascade's probes read of a text in the passes that ran and wrote it. */
export interface ReadAlong {
  readonly prompt: Probed
  readonly answer: (end: number) => Probed
}

/** An answer belongs to a request that was let in, so judging it takes no second place in the queue. */
export const makeJudges = (plan: GuardPlan, readAlong?: ReadAlong): Judges => {
  const { timeoutMs } = plan
  const turns = Semaphore.makeUnsafe(mostAtOnce)
  // An answer is judged sentence by sentence, and each time with the same question.
  const readQuestion = rememberLastTwo((question: string) => read("prompt", question))
  const within = (judgement: Effect.Effect<Verdict, FacetError, Opened>) =>
    Effect.timeoutOrElse(Semaphore.withPermit(turns)(judgement), {
      duration: timeoutMs,
      orElse: () => Effect.fail(new GuardTimeoutError({ milliseconds: timeoutMs })),
    })
  const readChat = rememberLast(readLines)
  const input = ({ exchange, policies, text }: PromptReading, isNested: boolean) =>
    within(
      Effect.gen(function* () {
        return yield* judge({ prompt: yield* read("prompt", text) }, judgedBy(plan, policies), {
          exchange: exchange && (yield* readChat(exchange)),
          isNested,
          original: { prompt: text, response: undefined },
          probed: readAlong?.prompt,
        })
      }),
    )
  return {
    input: (text) => input({ text }, false),
    prompt: (readings, redaction) =>
      redaction === undefined || !redactsInput(plan)
        ? judgeReadings(readings, input)
        : judgeInput(readings, redaction, {
            readings: (asked) => judgeReadings(asked, input, true),
            string: (text) => input({ text }, true),
          }),
    output: ({ exchange, question }, text, end) =>
      within(
        Effect.gen(function* () {
          const response = yield* read("response", text)
          const probed = end === undefined ? undefined : readAlong?.answer(end)
          const answering = (prompt: string | undefined, asked: GuardPlan, lines?: ExchangeLines) =>
            Effect.gen(function* () {
              const content = prompt === undefined ? { response } : { prompt: yield* readQuestion(prompt), response }
              const original = { prompt, response: text }
              return yield* judge(content, asked, {
                exchange: lines && (yield* readChat(lines)),
                isNested: true,
                original,
                probed,
              })
            })
          if (exchange === undefined || exchange.messages < 2) return yield* answering(question, plan)
          const { leftOut, lines, messages, policies } = exchange
          const others = plan.policies.filter(({ id }) => !policies.includes(id)).map(({ id }) => id)
          const whole = yield* answering(exchange.text, judgedBy(plan, policies), lines)
          const told = { exchange: whole.exchange ?? { messages, leftOut } }
          // What a cascade's probes decide is decided for all policies.
          if (others.length === 0 || whole.stage === "probe") return { ...whole, ...told }
          return { ...together(plan, whole, yield* answering(question, judgedBy(plan, others))), ...told }
        }),
      ),
  }
}

/** Whether what came in may be written without what is cut out of it: nobody has read it yet, and somebody will heed the verdict. */
export const redactsInput = ({ input, judge, mode }: GuardPlan): boolean =>
  input === "before" && mode !== "audit" && judge?.longestSpan !== undefined

/** The part of a plan that some of its policies are. */
const judgedBy = (plan: GuardPlan, ids: ReadonlyArray<string> | undefined): GuardPlan =>
  ids === undefined ? plan : { ...plan, policies: plan.policies.filter(({ id }) => ids.includes(id)) }

/** Two verdicts by policies of one guard, in the guard's order. */
function together({ policies }: GuardPlan, one: Verdict, other: Verdict): Verdict {
  const said = [...one.policies, ...other.policies]
  const place = ({ policy }: Verdict["policies"][number]) => policies.findIndex(({ id }) => id === policy)
  return {
    ...one,
    flagged: one.flagged || other.flagged,
    policies: said.toSorted((a, b) => place(a) - place(b)),
    tokens: {
      judged: one.tokens.judged + other.tokens.judged,
      cached: one.tokens.cached + other.tokens.cached,
    },
  }
}

/** What a guard reads of a text, on whatever thread its app has; one that is too long to be judged is not read at all. */
const read = (option: "prompt" | "response", text: string): Effect.Effect<string, FacetError, Opened> =>
  Effect.gen(function* () {
    const { judging } = yield* Opened
    yield* checked(() => checkJudgedLength(option, text, judging))
    const normalised = yield* inSlices(() => normaliseInSlices(text))
    yield* checked(() => checkUnfolded(option, normalised, judging))
    return normalised
  })

/** The same of a chat's messages. */
const readLines = ({ lines, older }: ExchangeLines): Effect.Effect<ExchangeLines, FacetError, Opened> =>
  Effect.map(
    Effect.forEach(lines, (line) => read("prompt", line)),
    (lines) => ({ lines, older }),
  )

/** Keeps what was read of the last chat: each sentence of an answer is judged with the same. */
function rememberLast<A extends object, B, E, R>(make: (of: A) => Effect.Effect<B, E, R>) {
  let last: { readonly of: A; readonly made: B } | undefined
  return (of: A): Effect.Effect<B, E, R> =>
    Effect.suspend(() =>
      last?.of === of
        ? Effect.succeed(last.made)
        : Effect.tap(make(of), (made) => Effect.sync(() => void (last = { of, made }))),
    )
}

/** Keeps what was read of the last two texts, a question and its exchange: a reading takes a time that grows with it. */
function rememberLastTwo<E, R>(readText: (text: string) => Effect.Effect<string, E, R>) {
  const last: Array<{ readonly text: string; readonly read: string }> = []
  return (text: string): Effect.Effect<string, E, R> =>
    Effect.suspend(() => {
      const known = last.find((each) => each.text === text)
      if (known !== undefined) return Effect.succeed(known.read)
      return Effect.tap(readText(text), (read) =>
        Effect.sync(() => {
          last.unshift({ text, read })
          last.splice(2)
        }),
      )
    })
}

export const makeGuard = (plan: GuardPlan): Guard => {
  const judges = makeJudges(plan)
  const frames: Guard["frames"] = ({ exchange, input = [], observe, question, redaction, source }) => {
    const given = typeof input === "string" ? [{ text: input }] : input
    checkReadings(given)
    const readings = given.filter(({ text }) => text.trim() !== "")
    let asked: Asked = { question, exchange }
    return guardFrames({
      observe,
      plan: { ...plan, input: readings.length === 0 ? undefined : plan.input },
      source: Stream.tap(source, (frame) => checked(() => checkFrame(frame))),
      judgeInput: Effect.map(judges.prompt(readings, redaction), (judged) => {
        asked = judged.left?.readings ?? asked
        return judged
      }),
      judgeOutput: ({ text }) => judges.output(asked, text),
    })
  }
  const stream: Guard["stream"] = (make) => (prompt) =>
    Stream.unwrap(
      Effect.map(
        checked(() => checkUnicode("prompt", prompt)),
        () => {
          let asked = prompt
          const rewrite = (said: SaidOtherwise) => {
            asked = saidOtherwise(prompt, said)
            return { input: [{ text: asked }], question: asked }
          }
          return frames({
            input: prompt,
            question: prompt,
            redaction: { strings: [prompt], rewrite },
            source: Stream.map(
              Stream.suspend(() => make(asked)),
              frameOf,
            ),
          })
        },
      ),
    )
  return {
    plan,
    input: (text) => Effect.map(judges.input(text), (verdict) => withRedacted(verdict, text)),
    text: (make) => {
      const tell = stream((prompt) => Stream.fromEffect(make(prompt)))
      return (prompt) => Effect.map(Stream.runCollect(tell(prompt)), guardedText)
    },
    stream,
    frames,
  }
}

const frameOf = (text: string): Frame<string> => ({
  value: text,
  texts: [{ text }],
  redacted: ([said]) => said?.redacted ?? text,
})

/** Puts the parts of a guarded stream of text together. */
export function guardedText(parts: ReadonlyArray<GuardPart<string>>): GuardedText {
  const report = parts.findLast((part) => part.type === "report")?.report
  if (report === undefined) throw new Error("A guarded stream ended without its report.")
  const { blocked, verdicts } = report
  if (blocked !== undefined) return { text: "", blocked, verdicts, report }
  return { text: parts.map((part) => (part.type === "value" ? part.value : "")).join(""), verdicts, report }
}
