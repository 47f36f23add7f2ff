/** One text of a stream as it arrives: how far it has come, how far it was judged, and what is to be judged next. */
import { type Cut, redact } from "../words/Redaction.ts"
import type { FrameText, RedactedText } from "./Frame.ts"
import { longestWait, sentenceEnds } from "./Sentences.ts"

/** What is judged at once; of a longer text the beginning is left behind. */
const longestContext = 2_000
/** What is kept of the text that was left behind, so that nothing is cut in two. */
const overlap = 500

/** A piece of a text. */
export interface Piece {
  /** Where it begins and ends in the text; infinite as long as it is held. */
  readonly start: number
  readonly end: number
  /** As its frame says it; left out where a later piece says it. */
  readonly text?: string
}

interface Held {
  text: string
  readonly pieces: Array<{ start: number; end: number }>
}

interface ChannelOptions {
  /** Whether the text is judged once, when it is complete. */
  readonly isWhole: boolean
  /** UTF-16 units of the longest stretch that may be cut out; 0 where nothing is. */
  readonly longestSpan: number
}

export class Channel {
  readonly #name: string
  readonly #options: ChannelOptions
  /** The part that came last. */
  #block: string | undefined
  /** The text that is judged together; `#textStart` is its place in the whole. */
  #text = ""
  #textStart = 0
  #judged = 0
  #cleared = 0
  #received = 0
  /** So far nothing follows: what stands there is no beginning of a stretch that is to be cut out. */
  #complete = 0
  /** In their order, and none overlaps another. */
  #cuts: ReadonlyArray<Cut> = []
  /** Places up to which the text may be judged, one judgement each. */
  #marks: Array<{ readonly end: number; readonly name: string }> = []
  #lastMark = 0
  /** What came and is no part of the text yet, by the part that it belongs to. */
  readonly #held = new Map<string | undefined, Held>()

  constructor(name: string, options: ChannelOptions) {
    this.#name = name
    this.#options = options
  }

  /** Of what is to be judged next, or came last. */
  get name(): string {
    return this.#marks[0]?.name ?? this.#block ?? this.#name
  }

  /** Characters that were judged good, from the beginning of the text. */
  get judged(): number {
    return this.#judged
  }

  /** Characters that may go out, from the beginning of the text: they were judged, and what is to be cut out of them is known. */
  get cleared(): number {
    return this.#cleared
  }

  /** Takes the next piece. With it all is said that was held of its own part, or of none. */
  accept({ block, isEnd = false, isHeld = false, text }: Omit<FrameText, "channel">): Piece {
    if (isHeld) return this.#hold(block, text)
    if (block !== undefined) this.#block = block
    const start = this.#received
    this.#append(text)
    this.#settle(undefined, start)
    this.#settle(block, start)
    if (isEnd) this.finish()
    else if (!this.#options.isWhole) this.#markSentences()
    return { start, end: this.#received, text }
  }

  /** What waits is complete as it is. */
  finish(): void {
    for (const [block, { text }] of this.#held) {
      const start = this.#received
      this.#append(text)
      this.#settle(block, start)
    }
    if (!this.#options.isWhole) this.#markSentences()
    if (this.#received > this.#lastMark) this.#addMark(this.#received)
    this.#complete = this.#received
    this.#clear()
  }

  #hold(block: string | undefined, text: string): Piece {
    const held = this.#held.get(block) ?? { text: "", pieces: [] }
    const piece = { start: Infinity, end: Infinity }
    held.text += text
    held.pieces.push(piece)
    this.#held.set(block, held)
    return piece
  }

  #append(text: string): void {
    this.#text += text
    this.#received += text.length
  }

  #settle(block: string | undefined, start: number): void {
    for (const piece of this.#held.get(block)?.pieces ?? []) Object.assign(piece, { start, end: this.#received })
    this.#held.delete(block)
  }

  /** One judgement a sentence, however the text was cut: a harmful one is not lost among those that came with it. */
  #markSentences(): void {
    const start = this.#lastMark
    for (const end of sentenceEnds(this.#waiting)) this.#addMark(start + end)
    if (this.#waiting.length >= longestWait) this.#addMark(this.#received)
  }

  get #waiting(): string {
    return this.#text.slice(this.#lastMark - this.#textStart)
  }

  #addMark(mark: number): void {
    this.#marks.push({ end: mark, name: this.#block ?? this.#name })
    this.#lastMark = mark
  }

  /** Whether something is to be judged. */
  get isRipe(): boolean {
    return this.#marks.length > 0
  }

  /** What is to be judged next, with what came before it. */
  next(): { readonly text: string; readonly end: number } | undefined {
    const end = this.#marks[0]?.end
    if (end === undefined) return undefined
    if (!this.#options.isWhole) this.#leaveBehind(end)
    return { text: this.#text.slice(0, end - this.#textStart), end }
  }

  /**
   * The judgement of {@link next} was made, and what it was about may go out, but for what is cut out.
   *
   * @param cuts places in the text that was judged; left out where it was not, and what was known before stays.
   * @returns whether it can be: not where the beginning of a cut went out before it was known.
   */
  release(cuts?: ReadonlyArray<Cut>): boolean {
    this.#judged = this.#marks.shift()?.end ?? this.#judged
    const isPlaced = cuts === undefined || this.#place(cuts)
    this.#clear()
    return isPlaced
  }

  #place(cuts: ReadonlyArray<Cut>): boolean {
    const placed = cuts.map((cut) => ({
      ...cut,
      start: cut.start + this.#textStart,
      end: cut.end + this.#textStart,
    }))
    const isOut = ({ start }: Cut) => start < this.#cleared
    const isTorn = placed.some((cut) => isOut(cut) && cut.end > this.#cleared)
    // With more behind it, what was judged before may be read otherwise.
    this.#cuts = [...this.#cuts.filter(isOut), ...placed.filter((cut) => !isOut(cut))]
    return !isTorn
  }

  /** What was judged so far is no longer told along: it was flagged, and would flag all that follows. */
  forget(): void {
    this.#startAt(this.#judged)
  }

  /** A piece that goes out, without what is cut out of it; undefined where its frame does not say it as it stands. */
  redacted({ end, start, text }: Piece): RedactedText | undefined {
    const cuts = this.#cuts
      .filter((cut) => cut.start < end && cut.end > start)
      .map((cut) => ({ ...cut, start: cut.start - start, end: cut.end - start }))
    if (text === undefined) return cuts.length === 0 ? { text: "", redacted: "", cuts } : undefined
    return { text, redacted: redact(text, cuts), cuts }
  }

  /** A stretch that is to be cut out may begin in what was judged and end in what was not, or has not come. */
  #clear(): void {
    const { longestSpan } = this.#options
    const isComplete = this.#judged === this.#received && this.#complete === this.#received
    const end = isComplete ? this.#judged : this.#judged - longestSpan
    const within = this.#cuts.find((cut) => cut.start < end && cut.end > end)
    this.#cleared = Math.max(this.#cleared, within?.start ?? end)
  }

  #leaveBehind(end: number): void {
    const { longestSpan } = this.#options
    if (end - this.#textStart <= longestContext + longestSpan) return
    const latest = this.#cleared - longestSpan
    // So near to its beginning all of it may still hold a stretch that is to be cut out.
    if (latest <= this.#textStart) return
    const earliest = Math.max(this.#textStart, latest - overlap)
    const space = this.#text.slice(earliest - this.#textStart, latest - this.#textStart).search(/\s/u)
    this.#startAt(space < 0 ? earliest : earliest + space)
  }

  #startAt(place: number): void {
    this.#text = this.#text.slice(place - this.#textStart)
    this.#textStart = place
  }
}
