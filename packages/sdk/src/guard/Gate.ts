/**
 * The guard as a pure model: what comes in, what is to be judged, what may go out. It knows no clock, no model and no
 * stream; whoever drives it tells it what happened and when.
 */
import { InvalidRequestError } from "../words/Errors.ts"
import { cutsOf } from "../words/Redaction.ts"
import { holdsBack, holdsBackInput, tells, type Verdict, worseVerdict } from "../words/Verdict.ts"
import { Channel, type Piece } from "./Channel.ts"
import { charactersOf, defaultChannel, type Frame, keptCharactersOf, type RedactedText } from "./Frame.ts"
import type { JudgingStage } from "../words/Cascade.ts"
import type { JudgedInput } from "./judgeInput.ts"
import { stagesOf } from "./judgeReadings.ts"
import type { GuardMode } from "../words/GuardOptions.ts"
import type { Blocked, GuardPart, GuardReport } from "../words/GuardReport.ts"

export interface GateOptions {
  readonly mode: GuardMode
  /** Whether what comes in is judged: until its verdict nothing goes out. */
  readonly input: boolean
  /** Whether what goes out is judged. */
  readonly output: boolean
  /**
   * Whether a text whose judgement failed goes out. One that is refused for what it is, such as its length, does not:
   * whoever writes it could choose to go unjudged.
   */
  readonly isOpenOnError: boolean
  /**
   * UTF-16 units of the longest stretch that is cut out of a text, which is held back so far behind what was judged. Default 0:
   * nothing is cut out.
   */
  readonly longestSpan?: number | undefined
}

/** What is to be judged. */
export interface Question {
  readonly channel: string
  /** The text up to the end of what is judged, or its last 2,000 characters. */
  readonly text: string
  /** Where it ends in the channel's whole text, in characters (UTF-16 units). */
  readonly end: number
}

/** So many characters behind a text that waits for its sentence's end, and it waits no longer. */
const mostBehind = 2_000

interface Held<A> {
  readonly frame: Frame<A>
  readonly pieces: ReadonlyArray<{ readonly channel: Channel; readonly piece: Piece }>
  readonly length: number
  readonly at: number
}

export class Gate<A> {
  readonly #options: GateOptions
  readonly #channels = new Map<string, Channel>()
  readonly #held: Array<Held<A>> = []
  readonly #out: Array<GuardPart<A>> = []
  readonly #longestSpan: number
  readonly #verdicts: { input?: Verdict; output?: Verdict } = {}
  #judging: Channel | undefined
  #isInputOpen: boolean
  #blocked: Blocked | undefined
  #isEnded = false
  #heldCharacters = 0
  #released = 0
  #leaked = 0
  #cutOut = 0
  #cutOutOfInput = 0
  #judgements = 0
  #tokens = { judged: 0, cached: 0 }
  #stages: Record<JudgingStage, number> | undefined
  #firstDelay: number | undefined
  #lastDelay: number | undefined

  constructor(options: GateOptions) {
    this.#options = options
    this.#longestSpan = options.mode === "audit" || !options.output ? 0 : (options.longestSpan ?? 0)
    this.#isInputOpen = !options.input || options.mode === "audit"
  }

  get blocked(): Blocked | undefined {
    return this.#blocked
  }

  /** Whether all that came is out. */
  get isEmpty(): boolean {
    return this.#held.length === 0
  }

  /** @param now milliseconds, of any clock that only goes forward. */
  accept(frame: Frame<A>, now: number): void {
    if (this.#isEnded || this.#blocked !== undefined) return
    const texts = this.#options.output ? (frame.texts ?? []) : []
    const pieces = texts.map((text) => {
      const channel = this.#channel(text.channel ?? defaultChannel)
      return { channel, piece: channel.accept(text) }
    })
    const length = charactersOf(frame.texts)
    this.#held.push({ frame, pieces, length, at: now })
    this.#heldCharacters += length
    if (this.#heldCharacters > mostBehind + this.#longestSpan) this.#hurry()
    this.#release(now)
  }

  /** Nothing follows: what waits is judged as it is. */
  end(now: number): void {
    this.#isEnded = true
    for (const channel of this.#channels.values()) channel.finish()
    this.#release(now)
  }

  /** What is to be judged now; one at a time, until {@link judged} or {@link failed} is told. */
  nextQuestion(): Question | undefined {
    if (this.#judging !== undefined || this.#blocked !== undefined) return undefined
    const channel = this.#firstRipe()
    const next = channel?.next()
    if (channel === undefined || next === undefined) return undefined
    this.#judging = channel
    return { channel: channel.name, ...next }
  }

  /** The verdict on the last question. */
  judged(verdict: Verdict, now: number): void {
    const channel = this.#settle()
    if (channel === undefined) return
    this.#count(verdict, stagesOf([verdict]))
    this.#out.push({ type: "verdict", of: "output", ...named(channel), verdict })
    this.#verdicts.output = worseVerdict(this.#verdicts.output, verdict)
    if (holdsBack(verdict) && this.#options.mode !== "audit") {
      return this.#block({ of: "output", ...named(channel), reason: "flagged", verdict })
    }
    const before = channel.judged
    const isAudited = this.#options.mode === "audit"
    const isPlaced = channel.release(isAudited ? [] : cutsOf(verdict.policies))
    if (!isPlaced) return this.#block({ of: "output", ...named(channel), reason: "flagged", verdict })
    if (isAudited ? verdict.flagged : tells(verdict)) this.#leaked += channel.judged - before
    // What a policy lets out goes on to count where another judges.
    if (isAudited && verdict.flagged) channel.forget()
    this.#release(now)
  }

  /** The last question has no verdict. */
  failed(error: unknown, now: number): void {
    const channel = this.#settle()
    if (channel === undefined) return
    if (!this.#passes(error)) {
      return this.#block({ of: "output", ...named(channel), reason: "failed", error })
    }
    this.#out.push({ type: "failure", of: "output", ...named(channel), error })
    channel.release()
    this.#release(now)
  }

  /** The verdict on what came in. */
  inputJudged({ judgements, left, stages, verdict }: JudgedInput, now: number): void {
    this.#count(verdict, stages, judgements)
    this.#verdicts.input = verdict
    this.#out.push({ type: "verdict", of: "input", verdict })
    if (left === undefined && holdsBackInput(verdict) && this.#options.mode !== "audit") {
      return this.#block({ of: "input", reason: "flagged", verdict })
    }
    this.#cutOutOfInput = left?.cutLength ?? 0
    this.#isInputOpen = true
    this.#release(now)
  }

  inputFailed(error: unknown, now: number): void {
    if (!this.#passes(error)) {
      return this.#block({ of: "input", reason: "failed", error })
    }
    this.#out.push({ type: "failure", of: "input", error })
    this.#isInputOpen = true
    this.#release(now)
  }

  /** Takes what may go out now, in order. */
  take(): ReadonlyArray<GuardPart<A>> {
    return this.#out.splice(0)
  }

  report(): GuardReport {
    return {
      releasedCharacters: this.#released,
      heldCharacters: this.#heldCharacters,
      leakedCharacters: this.#leaked,
      ...(this.#cutOut > 0 && { redactedCharacters: this.#cutOut }),
      ...(this.#cutOutOfInput > 0 && { redactedInputCharacters: this.#cutOutOfInput }),
      firstDelayMs: this.#firstDelay,
      lastDelayMs: this.#lastDelay,
      judgements: this.#judgements,
      tokens: { ...this.#tokens },
      ...(this.#stages !== undefined && { stages: this.#stages }),
      verdicts: { ...this.#verdicts },
      ...(this.#blocked === undefined ? {} : { blocked: this.#blocked }),
    }
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name)
    if (known !== undefined) return known
    const channel = new Channel(name, {
      isWhole: this.#options.mode === "buffer",
      longestSpan: this.#longestSpan,
    })
    this.#channels.set(name, channel)
    return channel
  }

  /** What the oldest frame waits for comes first. */
  #firstRipe(): Channel | undefined {
    const waiting = this.#held[0]?.pieces.find(({ channel, piece }) => piece.end > channel.cleared && channel.isRipe)
    const oldest = waiting?.channel
    return oldest ?? this.#channels.values().find((channel) => channel.isRipe)
  }

  /** A text that waits for a sentence's end holds back all that comes behind it: at some length that is enough. */
  #hurry(): void {
    if (this.#options.mode === "buffer") return
    for (const { channel, piece } of this.#held[0]?.pieces ?? []) {
      if (piece.end > channel.cleared && !channel.isRipe) channel.finish()
    }
  }

  #settle(): Channel | undefined {
    const channel = this.#judging
    this.#judging = undefined
    return this.#blocked === undefined ? channel : undefined
  }

  #count({ tokens }: Verdict, stages: Record<JudgingStage, number> | undefined, judgements = 1): void {
    if (stages !== undefined) {
      const { guard, probe } = this.#stages ?? { probe: 0, guard: 0 }
      this.#stages = { probe: probe + stages.probe, guard: guard + stages.guard }
    }
    this.#judgements += judgements
    this.#tokens = { judged: this.#tokens.judged + tokens.judged, cached: this.#tokens.cached + tokens.cached }
  }

  /** Whether what could not be judged goes out. */
  #passes(error: unknown): boolean {
    const { isOpenOnError, mode } = this.#options
    return mode === "audit" || (isOpenOnError && !(error instanceof InvalidRequestError))
  }

  #block(blocked: Blocked): void {
    this.#blocked = blocked
    this.#out.push({ type: "blocked", blocked })
    this.#held.length = 0
  }

  #release(now: number): void {
    if (!this.#isInputOpen || this.#blocked !== undefined) return
    let count = 0
    for (const held of this.#held) {
      if (!this.#isReady(held)) break
      const said = this.#redact(held)
      if (said === undefined) {
        const verdict = this.#verdicts.output
        return this.#block({ of: "output", reason: "flagged", ...(verdict !== undefined && { verdict }) })
      }
      count++
      this.#out.push({ type: "value", value: said.value })
      if (held.length > 0) this.#note(held, said.cutLength, now)
    }
    if (count > 0) this.#held.splice(0, count)
  }

  #isReady({ pieces }: Held<A>): boolean {
    return this.#options.mode === "audit" || pieces.every(({ channel, piece }) => piece.end <= channel.cleared)
  }

  /** What goes out, and how many characters of it are cut out; undefined where the frame cannot say it without them. */
  #redact({ frame, pieces }: Held<A>): { readonly value: A; readonly cutLength: number } | undefined {
    if (this.#longestSpan === 0) return { value: frame.value, cutLength: 0 }
    const texts: Array<RedactedText> = []
    for (const { channel, piece } of pieces) {
      const text = channel.redacted(piece)
      if (text === undefined) return undefined
      texts.push(text)
    }
    const cutLength = texts.reduce((sum, { text }) => sum + text.length, 0) - keptCharactersOf(texts)
    if (frame.redacted === undefined) return cutLength === 0 ? { value: frame.value, cutLength } : undefined
    const value = frame.redacted(texts)
    return value === undefined ? undefined : { value, cutLength }
  }

  #note({ at, length }: Held<A>, cutLength: number, now: number): void {
    this.#released += length - cutLength
    this.#cutOut += cutLength
    this.#heldCharacters -= length
    this.#lastDelay = now - at
    this.#firstDelay ??= this.#lastDelay
  }
}

const named = ({ name }: Channel): { readonly channel?: string } => (name === defaultChannel ? {} : { channel: name })
