/** Reads calls out of a text as it comes, whatever the format that they are written in. */
import type { TextPart, ToolCallPart, ToolInputDeltaPart, ToolInputStartPart } from "../../words/Generation.ts"
import { isRecord, parseJson } from "../../words/Json.ts"

export type ReadPart = TextPart | ToolInputStartPart | ToolInputDeltaPart | ToolCallPart

/** At the start of what may be an answer, in it, in text, in a call up to its arguments, in these, or behind a call. */
export type CallPlace = "start" | "answer" | "text" | "heading" | "arguments" | "behind"

export abstract class CallReader {
  protected place: CallPlace
  /** What came and cannot be told yet. */
  protected waiting = ""
  readonly #newId: () => string
  readonly #heading: RegExp
  #call: { readonly id: string; readonly name: string } = { id: "", name: "" }

  /**
   * @param newId makes a name for each call.
   * @param hasForm whether an answer has a form: it is that or calls from its first character on.
   * @param heading what stands before a call's arguments, with the tool's name in it.
   */
  constructor(newId: () => string, hasForm: boolean, heading: RegExp) {
    this.#newId = newId
    this.#heading = heading
    this.place = hasForm ? "start" : "text"
  }

  push(text: string): ReadonlyArray<ReadPart> {
    this.waiting += text
    const parts: Array<ReadPart> = []
    let place: string
    let length: number
    do {
      place = this.place
      length = this.waiting.length
      parts.push(...this.#read())
    } while (this.waiting.length < length || this.place !== place)
    return parts
  }

  /** What waits is text: no call has begun with it. Of a call that was cut nothing more is told. */
  end(): ReadonlyArray<ReadPart> {
    const rest = this.place === "text" || this.place === "start" ? this.waiting : ""
    this.waiting = ""
    return textParts(rest)
  }

  /** Goes where it is known what comes: the answer, text or a call. */
  protected abstract readStart(): void
  /** Gives text up to the next call, and goes there. */
  protected abstract readText(): string
  protected abstract beginArguments(): void
  /** Gives what came of a call's arguments, as JSON, and all of it where the call is over. */
  protected abstract readArguments(): { readonly delta: string; readonly whole?: string }
  protected abstract readBehind(): void

  protected take(length: number): string {
    const taken = this.waiting.slice(0, length)
    this.waiting = this.waiting.slice(length)
    return taken
  }

  #read(): ReadonlyArray<ReadPart> {
    switch (this.place) {
      case "start":
        this.readStart()
        return []
      case "answer":
        return textParts(this.take(this.waiting.length))
      case "text":
        return textParts(this.readText())
      case "heading":
        return this.#readHeading()
      case "arguments":
        return this.#readArguments()
      case "behind":
        this.readBehind()
        return []
    }
  }

  #readHeading(): ReadonlyArray<ReadPart> {
    const [all, name] = this.#heading.exec(this.waiting) ?? []
    if (all === undefined || name === undefined) return []
    this.take(all.length)
    this.place = "arguments"
    this.#call = { id: this.#newId(), name }
    this.beginArguments()
    return [{ type: "tool-input-start", ...this.#call }]
  }

  #readArguments(): ReadonlyArray<ReadPart> {
    const { id, name } = this.#call
    const { delta, whole } = this.readArguments()
    const deltas: ReadonlyArray<ReadPart> = delta === "" ? [] : [{ type: "tool-input-delta", id, delta }]
    if (whole === undefined) return deltas
    this.place = "behind"
    const input = parseJson(whole)?.value
    return [...deltas, { type: "tool-call", id, name, input: isRecord(input) ? input : {} }]
  }
}

const textParts = (text: string): ReadonlyArray<ReadPart> => (text === "" ? [] : [{ type: "text", text }])

/** Of the end of a text, how much may be the beginning of a mark. */
export function openLength(text: string, ...marks: ReadonlyArray<string>): number {
  const longest = Math.max(...marks.map((mark) => mark.length)) - 1
  for (let length = Math.min(text.length, longest); length > 0; length--) {
    if (marks.some((mark) => mark.startsWith(text.slice(-length)))) return length
  }
  return 0
}
