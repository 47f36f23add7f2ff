/** A text of a stream that comes in pieces, plain or as JSON, or a field of its events that says something. */
import { JsonWords } from "./JsonWords.ts"
import { borderOf } from "./joinTexts.ts"
import type { Said } from "./Said.ts"

/** Two pieces of a text are seldom the same if they are this long: it is told once more. */
const shortestRepeat = 16

export class TextField {
  /** As it was sent. */
  raw = ""
  /** What JSON was read as. */
  words = ""
  /** Whether more of it waits for the end of a sentence. */
  isOpen = false
  readonly #json: JsonWords | undefined
  /** What was told of it elsewhere: if the field goes on, it is judged with it. */
  #before = ""
  #last = ""
  #repeats = 0

  constructor(isJson: boolean) {
    this.#json = isJson ? new JsonWords() : undefined
  }

  /** The first text, told together with others. */
  begin(text: string): void {
    this.#before = text
    this.#last = text
    this.raw = text
  }

  /** A piece of the text, which goes on until a sentence ends. */
  goOn(piece: string): ReadonlyArray<Said> {
    this.isOpen = true
    const said = this.#say(piece, this.#json?.read(piece) ?? piece, false)
    if (this.#json?.isWaiting !== true) return [said]
    const held = { text: piece, isHeld: true }
    // A piece that says nothing would let go what is held.
    return said.text === "" ? [held] : [said, held]
  }

  /** The field of another event: goes on, or only comes again, such as a notice, which is judged at once. */
  goOnOrRepeat(piece: string): ReadonlyArray<Said> {
    const again = this.#again(piece)
    return again === undefined ? this.goOn(piece) : [again]
  }

  /** The field of another event: complete as it is, and maybe one with what came before. */
  add(text: string): Said {
    return this.#again(text) ?? this.#say(text, borderOf(this.#last, text) + text, true)
  }

  end(): Said {
    this.isOpen = false
    return this.#say("", this.#json?.rest() ?? "", true)
  }

  #say(raw: string, words: string, isEnd: boolean): Said {
    const text = this.#before + words
    this.#before = ""
    if (raw !== "") this.#last = raw
    this.raw += raw
    if (this.#json !== undefined) this.words += text
    return { text, isEnd }
  }

  /** Told twice, it is also judged as it follows itself; the third time it says nothing new. */
  #again(text: string): Said | undefined {
    const isAgain = this.#json === undefined && text === this.#last && text.length >= shortestRepeat
    this.#repeats = isAgain ? this.#repeats + 1 : 0
    if (!isAgain) return undefined
    return this.#repeats === 1 ? this.#say(text, text, true) : { text: "", isEnd: true }
  }
}
