/** Reads calls out of a text as it comes: one that is held to `toolConstraint`. */
import { isRecord, parseJson } from "../../words/Json.ts"
import type { TextPart, ToolCallPart, ToolInputDeltaPart, ToolInputStartPart } from "../../words/Generation.ts"
import { callStart } from "./toolConstraint.ts"

export type ReadPart = TextPart | ToolInputStartPart | ToolInputDeltaPart | ToolCallPart

/** Up to the arguments, whose first character has to be there: a space may stand before it. */
const heading = /^\{"name": ?"([\w-]+)", ?"parameters": ?(?=\S)/

export class ToolCallReader {
  readonly #newId: () => string
  readonly #headings: ReadonlyArray<string>
  /** At the start of what may be an answer, in it, in text, in a call up to its arguments, in these, or behind a call. */
  #place: "start" | "answer" | "text" | "heading" | "arguments" | "behind"
  /** What came and cannot be told yet. */
  #waiting = ""
  #call: { readonly id: string; readonly name: string } = { id: "", name: "" }
  #input = new JsonEnd()

  /**
   * @param newId makes a name for each call.
   * @param headings how calls begin where an answer has a form: it is one or the other from its first character on.
   */
  constructor(newId: () => string, headings?: ReadonlyArray<string>) {
    this.#newId = newId
    this.#headings = headings ?? []
    this.#place = headings === undefined ? "text" : "start"
  }

  push(text: string): ReadonlyArray<ReadPart> {
    this.#waiting += text
    const parts: Array<ReadPart> = []
    let place: string
    let length: number
    do {
      place = this.#place
      length = this.#waiting.length
      parts.push(...this.#read())
    } while (this.#waiting.length < length || this.#place !== place)
    return parts
  }

  /** What waits is text: no call has begun with it. Of a call that was cut before its arguments nothing is told. */
  end(): ReadonlyArray<ReadPart> {
    const rest = this.#place === "text" || this.#place === "start" ? this.#waiting : ""
    this.#waiting = ""
    return textParts(rest)
  }

  #read(): ReadonlyArray<ReadPart> {
    switch (this.#place) {
      case "start":
        return this.#readStart()
      case "answer":
        return textParts(this.#take(this.#waiting.length))
      case "text":
        return this.#readText()
      case "heading":
        return this.#readHeading()
      case "arguments":
        return this.#readArguments()
      case "behind":
        return this.#readBehind()
    }
  }

  /** Nothing is told while it may still be the one and the other. */
  #readStart(): ReadonlyArray<ReadPart> {
    const waiting = this.#waiting
    if (this.#headings.some((heading) => waiting.startsWith(heading))) {
      this.#place = "heading"
      this.#take(waiting.indexOf("{"))
    } else if (!this.#headings.some((heading) => heading.startsWith(waiting))) this.#place = "answer"
    return []
  }

  #readText(): ReadonlyArray<ReadPart> {
    const start = this.#waiting.indexOf(callStart)
    if (start < 0) return textParts(this.#take(this.#waiting.length - openLength(this.#waiting)))
    this.#place = "heading"
    const text = this.#take(start)
    // The bracket of a list: no text before a single call ends so.
    return textParts(text.endsWith("[") ? text.slice(0, -1) : text)
  }

  #readHeading(): ReadonlyArray<ReadPart> {
    const [all, name] = heading.exec(this.#waiting) ?? []
    if (all === undefined || name === undefined) return []
    this.#take(all.length)
    this.#place = "arguments"
    this.#call = { id: this.#newId(), name }
    this.#input = new JsonEnd()
    return [{ type: "tool-input-start", ...this.#call }]
  }

  #readArguments(): ReadonlyArray<ReadPart> {
    const { id, name } = this.#call
    const delta = this.#take(this.#input.lengthIn(this.#waiting))
    const deltas: ReadonlyArray<ReadPart> = delta === "" ? [] : [{ type: "tool-input-delta", id, delta }]
    if (!this.#input.isOver) return deltas
    // The brace that ends the call.
    if (this.#take(1) === "") return deltas
    this.#place = "behind"
    const input = parseJson(this.#input.text)?.value
    return [...deltas, { type: "tool-call", id, name, input: isRecord(input) ? input : {} }]
  }

  /** The comma before the next call, or the end of the list. */
  #readBehind(): ReadonlyArray<ReadPart> {
    const next = this.#waiting.indexOf("{")
    this.#take(next < 0 ? this.#waiting.length : next)
    if (next >= 0) this.#place = "heading"
    return []
  }

  #take(length: number): string {
    const taken = this.#waiting.slice(0, length)
    this.#waiting = this.#waiting.slice(length)
    return taken
  }
}

const textParts = (text: string): ReadonlyArray<ReadPart> => (text === "" ? [] : [{ type: "text", text }])

/** Of the end of a text, how much may be the beginning of a call, or of a list of calls. */
function openLength(text: string): number {
  const starts = [callStart, `[${callStart}`]
  for (let length = Math.min(text.length, callStart.length); length > 0; length--) {
    if (starts.some((start) => start.startsWith(text.slice(-length)))) return length
  }
  return 0
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
