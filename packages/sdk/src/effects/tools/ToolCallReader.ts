/** Reads calls out of a text as it comes: one that is held to `toolConstraint`. */
import { CallReader, openLength } from "./CallReader.ts"
import { callStart } from "./toolConstraint.ts"

/** Up to the arguments, whose first character has to be there: a space may stand before it. */
const heading = /^\{"name": ?"([\w-]+)", ?"parameters": ?(?=\S)/

export class ToolCallReader extends CallReader {
  readonly #headings: ReadonlyArray<string>
  #input = new JsonEnd()

  /** @param headings how calls begin where an answer has a form: it is one or the other from its first character on. */
  constructor(newId: () => string, headings?: ReadonlyArray<string>) {
    super(newId, headings !== undefined, heading)
    this.#headings = headings ?? []
  }

  /** Nothing is told while it may still be the one and the other. */
  protected override readStart(): void {
    const { waiting } = this
    if (this.#headings.some((heading) => waiting.startsWith(heading))) {
      this.place = "heading"
      this.take(waiting.indexOf("{"))
    } else if (!this.#headings.some((heading) => heading.startsWith(waiting))) this.place = "answer"
  }

  protected override readText(): string {
    const start = this.waiting.indexOf(callStart)
    if (start < 0) return this.take(this.waiting.length - openLength(this.waiting, callStart, `[${callStart}`))
    this.place = "heading"
    const text = this.take(start)
    // The bracket of a list: no text before a single call ends so.
    return text.endsWith("[") ? text.slice(0, -1) : text
  }

  protected override beginArguments(): void {
    this.#input = new JsonEnd()
  }

  protected override readArguments() {
    const delta = this.take(this.#input.lengthIn(this.waiting))
    // With the brace that ends the call.
    return this.#input.isOver && this.take(1) !== "" ? { delta, whole: this.#input.text } : { delta }
  }

  /** The comma before the next call, or the end of the list. */
  protected override readBehind(): void {
    const next = this.waiting.indexOf("{")
    this.take(next < 0 ? this.waiting.length : next)
    if (next >= 0) this.place = "heading"
  }
}

/** Finds where an object ends, piece by piece. */
class JsonEnd {
  text = ""
  isOver = false
  #depth = 0
  #isInString = false
  #isEscaped = false

  /** How much of a piece belongs to the object. */
  lengthIn(piece: string): number {
    if (this.isOver) return 0
    let length = 0
    for (const character of piece) {
      length += character.length
      this.#step(character)
      if (!this.isOver) continue
      break
    }
    this.text += piece.slice(0, length)
    return length
  }

  #step(character: string): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (this.#isInString) {
      if (character === "\\") this.#isEscaped = true
      else if (character === '"') this.#isInString = false
    } else if (character === '"') this.#isInString = true
    else if (character === "{") this.#depth++
    else if (character === "}") this.isOver = --this.#depth === 0
  }
}
