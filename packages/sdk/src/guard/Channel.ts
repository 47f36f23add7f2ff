/** One text of a stream as it arrives: how far it has come, how far it was judged, and what is to be judged next. */
import type { FrameText } from "./Frame.ts"
import { longestWait, sentenceEnds } from "./Sentences.ts"

/** What is judged at once; of a longer text the beginning is left behind. */
const longestContext = 2_000
/** What is kept of the text that was left behind, so that nothing is cut in two. */
const overlap = 500

/** A piece of a text. */
export interface Piece {
  /** Where it ends in the text; infinite as long as it is held. */
  readonly end: number
}

interface Held {
  text: string
  readonly pieces: Array<{ end: number }>
}

export class Channel {
  readonly #name: string
  /** The part that came last. */
  #block: string | undefined
  /** The text that is judged together; `#textStart` is its place in the whole. */
  #text = ""
  #textStart = 0
  #judged = 0
  #received = 0
  /** Places up to which the text may be judged, one judgement each. */
  #marks: Array<{ readonly end: number; readonly name: string }> = []
  #lastMark = 0
  /** What came and is no part of the text yet, by the part that it belongs to. */
  readonly #held = new Map<string | undefined, Held>()
  readonly #isWhole: boolean

  /** @param isWhole whether the text is judged once, when it is complete. */
  constructor(name: string, isWhole: boolean) {
    this.#name = name
    this.#isWhole = isWhole
  }

  /** Of what is to be judged next, or came last. */
  get name(): string {
    return this.#marks[0]?.name ?? this.#block ?? this.#name
  }

  /** Characters that were judged good, from the beginning of the text. */
  get judged(): number {
    return this.#judged
  }

  get received(): number {
    return this.#received
  }

  /** Takes the next piece. With it all is said that was held of its own part, or of none. */
  accept({ block, isEnd = false, isHeld = false, text }: Omit<FrameText, "channel">): Piece {
    if (isHeld) return this.#hold(block, text)
    if (block !== undefined) this.#block = block
    this.#append(text)
    this.#settle(undefined)
    this.#settle(block)
    if (isEnd) this.finish()
    else if (!this.#isWhole) this.#markSentences()
    return { end: this.#received }
  }

  /** What waits is complete as it is. */
  finish(): void {
    for (const [block, { text }] of this.#held) {
      this.#append(text)
      this.#settle(block)
    }
    if (!this.#isWhole) this.#markSentences()
    if (this.#received > this.#lastMark) this.#addMark(this.#received)
  }

  #hold(block: string | undefined, text: string): Piece {
    const held = this.#held.get(block) ?? { text: "", pieces: [] }
    const piece = { end: Infinity }
    held.text += text
    held.pieces.push(piece)
    this.#held.set(block, held)
    return piece
  }

  #append(text: string): void {
    this.#text += text
    this.#received += text.length
  }

  #settle(block: string | undefined): void {
    for (const piece of this.#held.get(block)?.pieces ?? []) piece.end = this.#received
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
    if (!this.#isWhole) this.#leaveBehind(end)
    return { text: this.#text.slice(0, end - this.#textStart), end }
  }

  /** The judgement of {@link next} was made, and what it was about may go out. */
  release(): void {
    this.#judged = this.#marks.shift()?.end ?? this.#judged
  }

  /** What was judged so far is no longer told along: it was flagged, and would flag all that follows. */
  forget(): void {
    this.#startAt(this.#judged)
  }

  #leaveBehind(end: number): void {
    if (end - this.#textStart <= longestContext) return
    const earliest = Math.max(this.#textStart, this.#judged - overlap)
    const space = this.#text.slice(earliest - this.#textStart, this.#judged - this.#textStart).search(/\s/u)
    this.#startAt(space < 0 ? earliest : earliest + space)
  }

  #startAt(place: number): void {
    this.#text = this.#text.slice(place - this.#textStart)
    this.#textStart = place
  }
}
