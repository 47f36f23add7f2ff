/**
 * What an unfinished JSON text says so far. Texts only: a number, `true`, `false` or `null` that has not ended is left out, as
 * `1` may become `12`; so is a property without a value. A string is taken as far as it goes.
 */
import { parseJson } from "./Json.ts"

export class PartialJson {
  #text = ""
  /** What closes the lists and objects that are open, the innermost first. */
  #closers = ""
  /** Up to here the text is a document, but for the closers. */
  #complete = 0
  #place: "between" | "string" | "key" | "scalar" = "between"
  /** Whether the next string of an object is a name. */
  #isNameNext = false
  /** What there is of an escape that has not ended. */
  #escape = ""
  /** Up to here a string can end: after a whole character. */
  #whole = 0

  /** All that was pushed. */
  get text(): string {
    return this.#text
  }

  push(text: string): void {
    const start = this.#text.length
    this.#text += text
    for (let at = start; at < this.#text.length; at++) this.#step(this.#text.charAt(at), at)
  }

  /** Undefined while nothing is known of the value, and for what is no JSON. */
  get value(): { readonly value: unknown } | undefined {
    if (this.#place === "string") return parseJson(`${this.#text.slice(0, this.#whole)}"${this.#closers}`)
    return parseJson(this.#text.slice(0, this.#complete) + this.#closers)
  }

  #step(character: string, at: number): void {
    if (this.#place === "string" || this.#place === "key") return this.#stepInString(character, at)
    switch (character) {
      case "{":
      case "[":
        return this.#open(character, at)
      case "}":
      case "]":
        this.#closers = this.#closers.slice(1)
        return this.#endValue(at + 1)
      case ",":
        if (this.#place === "scalar") this.#endValue(at)
        this.#isNameNext = this.#closers.startsWith("}")
        return
      case '"':
        this.#place = this.#isNameNext ? "key" : "string"
        this.#isNameNext = false
        this.#whole = at + 1
        return
      case ":":
        return
      default:
        if (!/\s/.test(character)) this.#place = "scalar"
        else if (this.#place === "scalar") this.#endValue(at)
    }
  }

  #stepInString(character: string, at: number): void {
    if (this.#escape !== "" || character === "\\") return this.#stepInEscape(character, at)
    if (character !== '"') {
      if (!/[\ud800-\udbff]/.test(character)) this.#whole = at + 1
    } else if (this.#place === "string") this.#endValue(at + 1)
    else this.#place = "between"
  }

  #stepInEscape(character: string, at: number): void {
    this.#escape += character
    if (this.#escape.length < (this.#escape.startsWith("\\u") ? 6 : 2)) return
    // The first half of a character waits for the second.
    if (!/^\\ud[89ab]/i.test(this.#escape)) this.#whole = at + 1
    this.#escape = ""
  }

  #open(bracket: "{" | "[", at: number): void {
    this.#closers = (bracket === "{" ? "}" : "]") + this.#closers
    this.#isNameNext = bracket === "{"
    this.#complete = at + 1
  }

  #endValue(at: number): void {
    this.#place = "between"
    this.#complete = at
  }
}
