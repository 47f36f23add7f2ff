/** The guard against random streams: nothing leaks, nothing is lost, every source is released. */
import { setImmediate as tick } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { assert, describe, it } from "vitest"
import { OverloadedError } from "../../src/words/Errors.ts"
import type { Frame } from "../../src/guard/Frame.ts"
import { guardFrames } from "../../src/guard/guardFrames.ts"
import type { GuardMode } from "../../src/words/GuardOptions.ts"
import type { GuardPart, GuardReport } from "../../src/words/GuardReport.ts"
import { SourceFailure } from "../../src/guard/SourceFailure.ts"
import { fromSource } from "../../src/guard/fromSource.ts"
import type { Verdict } from "../../src/words/Verdict.ts"
import { tries } from "../../../../test/campaign.ts"

const streams = tries(1_000, 20_000)
const forbidden = "BAD"

/** A small generator of its own, so that a stream that fails can be made again from its number. */
function random(seed: number) {
  let state = (seed * 2654435761) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n: number) => Math.floor(next() * n)
  const pick = <T>(list: ReadonlyArray<T>): T => list[below(list.length)]!
  return { next, below, pick, chance: (p: number) => next() < p }
}
type Random = ReturnType<typeof random>

interface Scenario {
  readonly mode: GuardMode
  readonly input: "before" | "parallel" | undefined
  readonly inputIs: "good" | "bad" | "failing"
  readonly output: boolean
  readonly onError: "block" | "allow"
  readonly frames: ReadonlyArray<Frame<number>>
  readonly failsAt: number
  /** Judgements of the output that fail. */
  readonly failing: ReadonlySet<number>
  readonly mostAhead: number
  /** Parts after which the reader leaves. */
  readonly leavesAfter: number
  readonly delays: Random
  /** Whether the forbidden word is cut out instead of being held back. */
  readonly redacts: boolean
}

function scenario(seed: number): Scenario {
  const rng = random(seed)
  const count = rng.below(14)
  return {
    mode: rng.pick(["window", "window", "buffer", "audit"]),
    input: rng.pick([undefined, "before", "parallel"]),
    inputIs: rng.pick(["good", "good", "good", "bad", "failing"]),
    output: rng.chance(0.9),
    onError: rng.pick(["block", "allow"]),
    frames: Array.from({ length: count }, (_, value) => frame(rng, value)),
    failsAt: rng.chance(0.2) ? rng.below(count + 1) : Infinity,
    failing: new Set(rng.chance(0.25) ? [rng.below(4)] : []),
    mostAhead: rng.pick([1, 600, 1_000, 1_000_000]),
    leavesAfter: rng.chance(0.15) ? rng.below(8) : Infinity,
    delays: random(seed + 0.5),
    redacts: rng.chance(0.4),
  }
}

/** Words whole and cut, sentence ends, halves of characters, the forbidden word whole and in two. */
const scraps = [
  "a bear ",
  "sat. ",
  "Why",
  "? ",
  "no",
  "\n",
  "B",
  "A",
  "D",
  " BAD ",
  "é",
  "\ud83e",
  "\udd8a",
  "!” ",
  "x".repeat(130),
  "",
]

function frame(rng: Random, value: number): Frame<number> {
  if (rng.chance(0.15)) return { value }
  const text = () => Array.from({ length: 1 + rng.below(3) }, () => rng.pick(scraps)).join("")
  const channels = rng.chance(0.7) ? [undefined] : rng.chance(0.5) ? ["b"] : [undefined, "b"]
  return { value, texts: channels.map((channel) => ({ channel, text: text(), isEnd: rng.chance(0.08) })) }
}

const verdict = (flagged: boolean): Verdict => ({ flagged, policies: [], tokens: { judged: 1, cached: 0 } })

/** Cuts the forbidden word out of a text, wherever it stands in it. */
const cutting = (text: string): Verdict => {
  const spans = Array.from(text.matchAll(new RegExp(forbidden, "g")), ({ index }) => ({
    start: index,
    end: index + forbidden.length,
  }))
  const flagged = spans.length > 0
  const policy = {
    policy: "cut",
    probability: flagged ? 1 : 0,
    threshold: 0.5,
    flagged,
    action: "redact",
    spans,
  } as const
  return { flagged, policies: [policy], tokens: { judged: 1, cached: 0 } }
}

const wait = async ({ delays }: Scenario) => {
  for (let i = delays.below(3); i > 0; i--) await (delays.chance(0.3) ? tick() : Promise.resolve())
}

interface Run {
  readonly parts: Array<GuardPart<number>>
  readonly error: unknown
  readonly hasLeft: boolean
  started: number
  released: number
  aborted: boolean
  /** What went out of the texts of a frame, where some of it may be cut out. */
  readonly said: Map<number, ReadonlyArray<string>>
  /** Texts that were judged good, or that a failed judgement let through, each with the parts that were out then. */
  readonly cleared: Array<{ readonly channel: string; readonly text: string }>
}

async function run(plan: Scenario): Promise<Run> {
  const result: Run = {
    parts: [],
    error: undefined,
    hasLeft: false,
    started: 0,
    released: 0,
    aborted: false,
    said: new Map(),
    cleared: [],
  }
  let judgement = 0
  const guarded = guardFrames<number, SourceFailure, never, never>({
    plan: { ...plan, judge: plan.redacts ? { longestSpan: forbidden.length } : undefined },
    mostAhead: plan.mostAhead,
    source: fromSource(async function* ({ signal }) {
      result.started++
      signal.addEventListener("abort", () => (result.aborted = true))
      try {
        for (const [i, each] of plan.frames.entries()) {
          await wait(plan)
          if (i === plan.failsAt) throw new Error("the source broke")
          const redacted: Frame<number>["redacted"] = (texts) => {
            result.said.set(
              each.value,
              texts.map((text) => text.redacted),
            )
            return each.value
          }
          yield { ...each, redacted }
        }
        if (plan.failsAt === plan.frames.length) throw new Error("the source broke")
      } finally {
        result.released++
      }
    }),
    judgeInput: Effect.andThen(
      Effect.promise(() => wait(plan)),
      plan.inputIs === "failing"
        ? Effect.fail(new OverloadedError({ limit: 1 }))
        : Effect.succeed({ verdict: verdict(plan.inputIs === "bad"), judgements: 1 }),
    ),
    judgeOutput: ({ channel, text }) =>
      Effect.flatMap(
        Effect.promise(() => wait(plan)),
        () => {
          const isFailing = plan.failing.has(judgement++)
          const isBad = text.includes(forbidden)
          const isCleared = plan.redacts || !isBad
          if (isFailing ? plan.onError === "allow" : isCleared) result.cleared.push({ channel, text })
          if (isFailing) return Effect.fail(new OverloadedError({ limit: 1 }))
          return Effect.succeed(plan.redacts ? cutting(text) : verdict(isBad))
        },
      ),
  })
  const reading = Stream.toAsyncIterable(guarded)[Symbol.asyncIterator]()
  let error: unknown
  let hasLeft = false
  try {
    for (;;) {
      if (result.parts.length >= plan.leavesAfter) {
        hasLeft = true
        break
      }
      const next = await reading.next()
      if (next.done === true) break
      checkCleared(plan, result, next.value)
      result.parts.push(next.value)
      await wait(plan)
    }
  } catch (cause) {
    error = cause
  } finally {
    await reading.return?.()
  }
  // A source is not waited for: it notices when what it is doing is done.
  for (let i = 0; i < 20 && result.released < result.started; i++) await tick()
  return Object.assign(result, { error, hasLeft })
}

const textOf = (frames: ReadonlyArray<Frame<number>>, channel: string): string =>
  frames
    .flatMap(({ texts = [] }) => texts.filter((each) => (each.channel ?? "text") === channel))
    .reduce((all, { text }) => all + text, "")

const valuesOf = (parts: ReadonlyArray<GuardPart<number>>) =>
  parts.flatMap((part) => (part.type === "value" ? [part.value] : []))

/** At the moment of its release a text is the beginning of one that was cleared. */
function checkCleared(plan: Scenario, { cleared, parts }: Run, part: GuardPart<number>): void {
  if (part.type !== "value" || plan.mode === "audit" || !plan.output) return
  const out = plan.frames.slice(0, valuesOf(parts).length + 1)
  for (const channel of ["text", "b"]) {
    const text = textOf(out, channel)
    const isCleared = text === "" || cleared.some((each) => each.channel === channel && each.text.startsWith(text))
    assert.isTrue(isCleared, `released before it was judged: ${JSON.stringify(text)}`)
  }
}

function check(plan: Scenario, ran: Run): void {
  const { error, hasLeft, parts, released, started } = ran
  const values = valuesOf(parts)
  const sent = plan.frames.slice(0, plan.failsAt)
  assert.deepStrictEqual(
    values,
    sent.slice(0, values.length).map(({ value }) => value),
    "lost, doubled or out of order",
  )
  assert.strictEqual(released, started, "a source was not released")
  assert.isAtMost(started, 1)
  const isBlocking = plan.mode !== "audit"
  const out = plan.frames.slice(0, values.length).map((each) => asSaid(each, ran))
  if (isBlocking && plan.output && plan.failing.size === 0) {
    for (const channel of ["text", "b"]) assert.notInclude(textOf(out, channel), forbidden, "leaked")
  }
  const isInputBad =
    plan.input !== undefined && (plan.inputIs === "bad" || (plan.inputIs === "failing" && plan.onError === "block"))
  if (isBlocking && isInputBad) {
    assert.isEmpty(values)
    if (plan.input === "before") assert.strictEqual(started, 0)
  }
  if (hasLeft) return
  const report = parts.at(-1)
  assert.strictEqual(report?.type, "report")
  if (report?.type === "report") checkReport(plan, ran, report.report, values.length)
  const blocked = parts.findIndex(({ type }) => type === "blocked")
  if (blocked >= 0) {
    assert.strictEqual(blocked, parts.length - 2, "something follows a block")
    assert.isTrue(isBlocking)
    assert.isUndefined(error)
    if (started > 0) assert.isTrue(ran.aborted, "the source was not told")
    return
  }
  assert.strictEqual(values.length, sent.length, "lost")
  assert.strictEqual(error instanceof SourceFailure, plan.failsAt <= plan.frames.length)
  assert.isTrue(error === undefined || error instanceof SourceFailure)
}

/** A frame as it went out. */
function asSaid(frame: Frame<number>, { said }: Run): Frame<number> {
  const texts = said.get(frame.value)
  return texts === undefined
    ? frame
    : { ...frame, texts: frame.texts?.map((each, i) => ({ ...each, text: texts[i] ?? "" })) ?? [] }
}

/** What was cut out is gone, and nothing else is. */
function checkCut(plan: Scenario, ran: Run, values: number): void {
  const frames = plan.frames.slice(0, values)
  for (const channel of ["text", "b"]) {
    const whole = textOf(frames, channel).replaceAll(forbidden, "[cut]")
    const told = textOf(
      frames.map((each) => asSaid(each, ran)),
      channel,
    )
    assert.strictEqual(told, whole)
  }
}

function checkReport(plan: Scenario, ran: Run, report: GuardReport, values: number): void {
  const { parts } = ran
  const length = (frames: ReadonlyArray<Frame<number>>) =>
    frames.flatMap(({ texts = [] }) => texts).reduce((sum, { text }) => sum + text.length, 0)
  const out = plan.frames.slice(0, values)
  assert.strictEqual(report.releasedCharacters + (report.redactedCharacters ?? 0), length(out))
  if (plan.mode !== "audit") assert.strictEqual(report.leakedCharacters, 0)
  assert.strictEqual(
    report.blocked !== undefined,
    parts.some(({ type }) => type === "blocked"),
  )
  assert.strictEqual(report.judgements, parts.filter(({ type }) => type === "verdict").length)
  const isBlocking = plan.mode !== "audit"
  const hasFailing = plan.failing.size > 0 || plan.inputIs === "failing"
  if (!isBlocking || !plan.output || hasFailing) return
  const sent = plan.frames.slice(0, plan.failsAt)
  const isBad = ["text", "b"].some((channel) => textOf(sent, channel).includes(forbidden))
  const isInputBad = plan.input !== undefined && plan.inputIs === "bad"
  if (plan.redacts) {
    if (report.blocked === undefined) return checkCut(plan, ran, values)
    // A text that was said to be complete, and that goes on all the same, may be torn.
    const isCutShort = plan.frames.some(({ texts = [] }) => texts.some(({ isEnd }) => isEnd))
    return assert.isTrue(isInputBad || isCutShort, "blocked what could be cut out")
  }
  assert.strictEqual(
    report.blocked !== undefined,
    isBad || isInputBad,
    "blocked without a reason, or not in spite of one",
  )
}

describe("a guarded stream", () => {
  it("keeps its promises on random streams", async () => {
    const lanes = 50
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let seed = lane; seed < streams; seed += lanes) {
          const plan = scenario(seed)
          try {
            check(plan, await run(plan))
          } catch (cause) {
            throw new Error(`stream ${seed}: ${JSON.stringify({ ...plan, delays: undefined })}`, { cause })
          }
        }
      }),
    )
  })
})

describe("a source", () => {
  const bytes = 16 * 1024
  const endless = (texts: (i: number) => Frame<number>["texts"]) => {
    const counted = { read: 0 }
    const source = fromSource(async function* () {
      for (;;) {
        const value = counted.read++
        yield { value, size: bytes, texts: texts(value) }
        await tick()
      }
    })
    return { counted, source }
  }
  const guard = (
    source: Stream.Stream<Frame<number>, SourceFailure>,
    judge: Effect.Effect<Verdict>,
    { input, mode = "window" }: { readonly input?: "parallel"; readonly mode?: GuardMode } = {},
  ) =>
    Stream.toAsyncIterable(
      guardFrames<number, SourceFailure, never, never>({
        plan: { mode, onError: "block", output: true, input },
        source,
        judgeInput: Effect.map(judge, (verdict) => ({ verdict, judgements: 1 })),
        judgeOutput: () => judge,
      }),
    )[Symbol.asyncIterator]()
  const settled = async () => {
    for (let i = 0; i < 200; i++) await tick()
  }
  /** The limit, the frame that reaches it, and what the reader was handed at once. */
  const most = 2 * (256 * 1024 + bytes)

  it.each<readonly [string, Effect.Effect<Verdict>, Parameters<typeof guard>[2], number]>([
    ["a judgement that takes its time", Effect.never, {}, 0],
    ["the verdict on the input", Effect.never, { input: "parallel" }, 0],
    ["a reader who does not read on", Effect.succeed(verdict(false)), {}, 1],
    ["a reader of an audit who does not read on", Effect.succeed(verdict(false)), { mode: "audit" }, 1],
  ])("waits, by its bytes, for %s", async (_, judge, options, parts) => {
    const { counted, source } = endless(() => [{ text: "A fox. " }])
    const reading = guard(source, judge, options)
    const first = reading.next()
    if (parts > 0) await first
    await settled()
    const { read } = counted
    assert.isAbove(read, 1)
    assert.isAtMost(read * bytes, most)
    await settled()
    assert.strictEqual(counted.read, read)
    await reading.return?.()
  })

  it("is read on where only more of it can bring an end", async () => {
    const { counted, source } = endless((i) => (i < 100 ? [{ text: "no end" }] : [{ text: ". " }]))
    const reading = guard(source, Effect.succeed(verdict(false)), { mode: "buffer" })
    void reading.next()
    await settled()
    assert.isAbove(counted.read * bytes, most)
    await reading.return?.()
  })
})
