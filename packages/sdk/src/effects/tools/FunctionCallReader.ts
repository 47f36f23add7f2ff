/** Reads calls in the format `function-call` out of a text as it comes: one that is held to `functionConstraint`. */
import { isRecord, parseJson } from "../../words/Json.ts"
import { functionTokens } from "../../words/ToolFormat.ts"
import type { ReadPart } from "./ToolCallReader.ts"

const [start, end] = functionTokens.call
const { escape } = functionTokens

/** Up to the arguments, whose brace has to be there. */
const heading = /^call:([\w-]+)(?=\{)/

export class FunctionCallReader {
  readonly #newId: () => string
  /** At the start of what may be an answer, in it, in text, in a call up to its arguments, in these, or behind them. */
  #place: "start" | "answer" | "text" | "heading" | "arguments" | "behind"
  /** What came and cannot be told yet. */
  #waiting = ""
  #call: { readonly id: string; readonly name: string } = { id: "", name: "" }
  #input = new ArgumentReader()

  /**
   * @param newId makes a name for each call.
   * @param hasForm whether an answer has a form: it is that or calls from its first character on, whatever it spells.
   */
  constructor(newId: () => string, hasForm: boolean) {
    this.#newId = newId
    this.#place = hasForm ? "start" : "text"
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

  /** What waits is text: no call has begun with it. Of a call that was cut nothing more is told. */
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

  #readStart(): ReadonlyArray<ReadPart> {
    if (this.#waiting.startsWith(start)) this.#place = "text"
    else if (!start.startsWith(this.#waiting)) this.#place = "answer"
    return []
  }

  #readText(): ReadonlyArray<ReadPart> {
    const at = this.#waiting.indexOf(start)
    if (at < 0) return textParts(this.#take(this.#waiting.length - openLength(this.#waiting, start)))
    const text = this.#take(at)
    this.#take(start.length)
    this.#place = "heading"
    return textParts(text)
  }

  #readHeading(): ReadonlyArray<ReadPart> {
    const [all, name] = heading.exec(this.#waiting) ?? []
    if (all === undefined || name === undefined) return []
    this.#take(all.length)
    this.#place = "arguments"
    this.#call = { id: this.#newId(), name }
    this.#input = new ArgumentReader()
    return [{ type: "tool-input-start", ...this.#call }]
  }

  #readArguments(): ReadonlyArray<ReadPart> {
    const { id, name } = this.#call
    const before = this.#input.json.length
    this.#waiting = this.#input.push(this.#waiting)
    const delta = this.#input.json.slice(before)
    const deltas: ReadonlyArray<ReadPart> = delta === "" ? [] : [{ type: "tool-input-delta", id, delta }]
    if (!this.#input.isOver) return deltas
    this.#place = "behind"
    const input = parseJson(this.#input.json)?.value
    return [...deltas, { type: "tool-call", id, name, input: isRecord(input) ? input : {} }]
  }

  #readBehind(): ReadonlyArray<ReadPart> {
    if (this.#waiting.length < end.length) return []
    this.#take(end.length)
    this.#place = "text"
    return []
  }

  #take(length: number): string {
    const taken = this.#waiting.slice(0, length)
    this.#waiting = this.#waiting.slice(length)
    return taken
  }
}

const textParts = (text: string): ReadonlyArray<ReadPart> => (text === "" ? [] : [{ type: "text", text }])

/** Of the end of a text, how much may be the beginning of a mark. */
function openLength(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length--) {
    if (mark.startsWith(text.slice(-length))) return length
  }
  return 0
}

/** Makes JSON of arguments, piece by piece: `{city:<escape>Oslo<escape>}` is `{"city":"Oslo"}`. */
class ArgumentReader {
  /** What was read so far. */
  json = ""
  isOver = false
  /** Brackets that are open. */
  readonly #open: Array<string> = []
  /** In a text, before a name that stands bare, or elsewhere. */
  #place: "text" | "name" | "value" = "value"

  /** Gives back what cannot be told yet. */
  push(given: string): string {
    let rest = given
    for (let length = -1; rest.length !== length && !this.isOver;) {
      length = rest.length
      rest = this.#read(rest)
    }
    return rest
  }

  #read(rest: string): string {
    if (this.#place === "text") return this.#readText(rest)
    if (rest.startsWith(escape)) {
      this.json += '"'
      this.#place = "text"
      return rest.slice(escape.length)
    }
    if (rest === "" || escape.startsWith(rest)) return rest
    return this.#place === "name" && !rest.startsWith("}") ? this.#readName(rest) : this.#readValue(rest)
  }

  #readText(rest: string): string {
    const at = rest.indexOf(escape)
    const length = at < 0 ? rest.length - openLength(rest, escape) : at
    this.json += JSON.stringify(rest.slice(0, length)).slice(1, -1)
    if (at < 0) return rest.slice(length)
    this.json += '"'
    this.#place = "value"
    return rest.slice(at + escape.length)
  }

  #readName(rest: string): string {
    const at = rest.indexOf(":")
    if (at < 0) return rest
    this.json += `${JSON.stringify(rest.slice(0, at))}:`
    this.#place = "value"
    return rest.slice(at + 1)
  }

  /** A bracket, a comma or a colon, or a character of a number or of a word: in JSON they are the same. */
  #readValue(rest: string): string {
    const [character = ""] = rest
    this.json += character
    if (character === "{" || character === "[") this.#open.push(character)
    else if (character === "}" || character === "]") this.#open.pop()
    const isInObject = this.#open.at(-1) === "{"
    this.#place = isInObject && (character === "{" || character === ",") ? "name" : "value"
    this.isOver = this.#open.length === 0
    return rest.slice(1)
  }
}
