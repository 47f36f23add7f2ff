/** One text of a stream as it arrives: how far it has come, how far it was judged, and what is to be judged next. */
import { longestWait, ripeLength } from "./Sentences.ts"

/** What is judged at once; of a longer text the beginning is left behind. */
const longestContext = 2_000
/** What is kept of the text that was left behind, so that nothing is cut in two. */
const overlap = 500

export class Channel {
  readonly name: string
  /** The text that is judged together; `#textStart` is its place in the whole. */
  #text = ""
  #textStart = 0
  #judged = 0
  #received = 0
  /** Places up to which the text may be judged, one judgement each. */
  #marks: Array<number> = []
  #lastMark = 0
  /** Where the pieces since the last mark end: each goes out whole. */
  #pieceEnds: Array<number> = []
  readonly #isWhole: boolean

  /** @param isWhole whether the text is judged once, when it is complete. */
  constructor(name: string, isWhole: boolean) {
    this.name = name
    this.#isWhole = isWhole
  }

  /** Characters that were judged good, from the beginning of the text. */
  get judged(): number {
    return this.#judged
  }

  get received(): number {
    return this.#received
  }

  /**
   * Takes the next piece.
   *
   * @returns where the piece ends in the text
   */
  accept(text: string, isEnd: boolean): number {
    this.#text += text
    this.#received += text.length
    this.#pieceEnds.push(this.#received)
    if (isEnd) this.finish()
    else if (!this.#isWhole) this.#markRipe()
    return this.#received
  }

  /** What waits is complete as it is. */
  finish(): void {
    if (this.#received > this.#lastMark) this.#addMark(this.#received)
  }

  /** A sentence's end that would let no piece out is not worth a judgement; a piece that goes on for long is. */
  #markRipe(): void {
    const waiting = this.#text.slice(this.#lastMark - this.#textStart)
    const mark = this.#lastMark + ripeLength(waiting)
    if (mark > this.#lastMark && this.#pieceEnds.some((end) => end <= mark)) this.#addMark(mark)
    else if (waiting.length >= longestWait) this.#addMark(this.#received)
  }

  #addMark(mark: number): void {
    this.#marks.push(mark)
    this.#lastMark = mark
    this.#pieceEnds = this.#pieceEnds.filter((end) => end > mark)
  }

  /** Whether something is to be judged. */
  get isRipe(): boolean {
    return this.#marks.length > 0
  }

  /** What is to be judged next, with what came before it. */
  next(): { readonly text: string; readonly end: number } | undefined {
    const end = this.#marks[0]
    if (end === undefined) return undefined
    if (!this.#isWhole) this.#leaveBehind(end)
    return { text: this.#text.slice(0, end - this.#textStart), end }
  }

  /** The judgement of {@link next} was made, and what it was about may go out. */
  release(): void {
    this.#judged = this.#marks.shift() ?? this.#judged
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
