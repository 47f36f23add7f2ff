import { NameRuns } from "./NameRuns.ts"
import { OpenString } from "./OpenString.ts"

const controls: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" }
const literal = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$/
const literalSign = /[\w+.-]/

interface Container {
  readonly isObject: boolean
  /** That of the field which is being read; a list has its own. */
  key: string
  isKeyNext: boolean
}

/**
 * Reads the words of JSON that comes in fragments, wherever it was cut: the same that {@link wordsOfJson} finds in the
 * whole, each with a line's end. A text is told as it comes; what may be a name, an address or bytes waits until its
 * quotation mark is closed. What turns out to be no JSON is told as it stands, without escapes.
 *
 * @example
 * const words = new JsonWords()
 * const told = ['{"note":"A \\u00', '62ear', ' sat."}'].map((fragment) => words.read(fragment))
 * console.log(told.join("").trim()) // => A bear sat.
 */
export class JsonWords {
  readonly #containers: Array<Container> = []
  readonly #names = new NameRuns()
  #string: OpenString | undefined
  #escape = ""
  /** The first half of a character, which says nothing without the second. */
  #half = ""
  #literal = ""
  #isBroken = false

  /** Whether something of what came is not told yet. */
  get isWaiting(): boolean {
    return this.#escape !== "" || this.#half !== "" || this.#literal !== "" || this.#string?.isWaiting === true
  }

  /** @returns what the fragment tells, and what earlier ones began to; empty while that is not known */
  read(fragment: string): string {
    const told: Array<string> = []
    for (let at = 0; at < fragment.length;) {
      const length = this.#escape === "" ? this.#plainLength(fragment, at) : 0
      told.push(length > 0 ? this.#take(fragment.slice(at, at + length)) : this.#sign(fragment.charAt(at)))
      at += Math.max(length, 1)
    }
    return told.join("")
  }

  /** What waits, as far as it came: nothing follows, or nobody waits any longer. */
  rest(): string {
    const left = this.#half + this.#escape
    this.#half = ""
    this.#escape = ""
    const literals = this.#endLiteral()
    const names = this.#names
      .take()
      .map((line) => `${line}\n`)
      .join("")
    if (this.#string === undefined) return literals + left + names
    this.#string.add(left)
    return literals + this.#string.giveUp() + names
  }

  /** How many letters from here on mean themselves. */
  #plainLength(fragment: string, at: number): number {
    if (this.#string === undefined && !this.#isBroken) return 0
    const sign = this.#isBroken ? /\\/g : /["\\]/g
    sign.lastIndex = at
    return (sign.exec(fragment)?.index ?? fragment.length) - at
  }

  #sign(letter: string): string {
    if (this.#escape !== "") return this.#goOnEscaping(letter)
    if (this.#string === undefined && !this.#isBroken) return this.#outside(letter)
    if (letter !== "\\") return this.#close()
    this.#escape = letter
    return ""
  }

  #goOnEscaping(letter: string): string {
    const escape = this.#escape + letter
    const hex = /^\\u([\da-f]*)$/i.exec(escape)?.[1]
    this.#escape = hex !== undefined && hex.length < 4 ? escape : ""
    if (this.#escape !== "") return ""
    if (hex !== undefined) return this.#take(String.fromCharCode(Number.parseInt(hex, 16)))
    if (escape.length === 2) return this.#take(controls[letter] ?? letter)
    // An escape that JSON does not know stands for itself; the letter that shows it may close the string.
    return this.#take(escape.slice(0, -1)) + this.read(letter)
  }

  /** Letters of a string, or of what is no JSON. */
  #take(letters: string): string {
    const all = this.#half + letters
    const isCut = /[\ud800-\udbff]$/.test(all)
    this.#half = isCut ? all.slice(-1) : ""
    const whole = isCut ? all.slice(0, -1) : all
    if (this.#string === undefined) return whole
    this.#string.add(whole)
    return this.#string.tell()
  }

  #close(): string {
    const string = this.#string
    if (string === undefined) return ""
    string.add(this.#half)
    this.#half = ""
    this.#string = undefined
    const container = this.#containers.at(-1)
    if (container !== undefined && string.isKey) container.key = string.letters
    this.#names.add({ key: string.isKey ? "" : (container?.key ?? ""), text: string.letters, isKey: string.isKey })
    return string.close()
  }

  #outside(letter: string): string {
    if (literalSign.test(letter)) {
      this.#literal += letter
      return ""
    }
    const broken = this.#endLiteral()
    return this.#isBroken ? broken + this.read(letter) : this.#structure(letter)
  }

  #endLiteral(): string {
    const word = this.#literal
    this.#literal = ""
    if (word === "" || literal.test(word)) return ""
    this.#isBroken = true
    return word
  }

  #structure(letter: string): string {
    const container = this.#containers.at(-1)
    switch (letter) {
      case '"':
        this.#string = new OpenString(container?.key ?? "", container?.isKeyNext ?? false)
        return ""
      case "{":
      case "[":
        this.#containers.push({ isObject: letter === "{", key: container?.key ?? "", isKeyNext: letter === "{" })
        return ""
      case "}":
      case "]":
        this.#containers.pop()
        return ""
      case ",":
      case ":":
        if (container !== undefined) container.isKeyNext = letter === "," && container.isObject
        return ""
      default:
        this.#isBroken = !/\s/.test(letter)
        return this.#isBroken ? letter : ""
    }
  }
}
