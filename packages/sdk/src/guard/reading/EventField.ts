/** A field of a stream's events: in most protocols it holds a name, in some a text in pieces. */
import { isNameShaped } from "./Names.ts"
import { isOpaque } from "./Language.ts"
import type { Said } from "./Said.ts"
import type { TextField } from "./TextField.ts"

/** No name is longer. What is, without having become a text, is judged as it is. */
const longestName = 64
/** Letters and digits that are so many, and no language, are an id. */
const shortestId = 8
/** Words that a program joined: `content_block_delta`. */
const identifier = /^[a-z\d]+(?:[_.:/-][a-z\d]+)+$/i
/** Sequences of names that are remembered: those that came before say nothing new. */
const mostSequences = 64

/** Names of one word each that follow each other; more are a sentence. */
const mostWords = 4

const isWhole = (name: string): boolean => identifier.test(name) || /^[a-z]{3,}$/i.test(name)

/** Whether values that followed each other are names: joined they look like one, or each of them is one by itself. */
const areNames = (values: ReadonlyArray<string>): boolean =>
  isNameShaped(values.join("")) ||
  (values.every(isWhole) && values.filter((value) => !identifier.test(value)).length <= mostWords)

/**
 * Follows the field from event to event. `"code": "os"` may be a name, or the beginning of `os.system("rm -rf /")`: it
 * waits until the field is left out, says a name once more, or says what is no name.
 */
export class EventField {
  readonly #text: TextField
  readonly #expectsName: boolean
  #held: Array<string> = []
  /** The end of what was let go as names: if it goes on as a text after all, it is judged with it. */
  #before = ""
  #lastTwo: readonly [string, string] = ["", ""]
  readonly #sequences = new Set<string>()
  #isText = false

  /** @param expectsName whether a name is expected: one that is complete is not judged. */
  constructor(text: TextField, expectsName: boolean) {
    this.#text = text
    this.#expectsName = expectsName
  }

  /** Whether it is not known yet what it says, or a text goes on where a name is expected. */
  get isWaiting(): boolean {
    return this.#held.length > 0 || (this.#expectsName && this.#text.isOpen)
  }

  read(value: string): ReadonlyArray<Said> {
    if (this.#isText) return this.#text.goOnOrRepeat(value)
    if (isNameShaped(value)) return this.#readName(value)
    if (this.#expectsName && identifier.test(value)) return this.#readIdentifier(value)
    this.#isText = true
    return this.#text.goOn(this.#withBefore(this.#held.splice(0).join("") + value))
  }

  /** For now the field is complete: what is a name, also when its pieces are joined, is one. */
  complete(): ReadonlyArray<Said> {
    if (this.#isText) return this.#text.isOpen ? [this.#text.end()] : []
    if (this.#held.length === 0) return []
    const names = this.#held.splice(0)
    if (this.#expectsName && areNames(names)) return [{ text: "" }, ...this.#letGo(names.join(""))]
    const areWords = this.#expectsName && names.every(isWhole)
    return this.#sayWhole(this.#withBefore(names.join(areWords ? " " : "")))
  }

  #readName(value: string): ReadonlyArray<Said> {
    const isKnown = this.#follows(value)
    if (this.#held.length === 0 && (isKnown || this.#isIdle(value))) return this.#letGo(value)
    // The same name once more: there was only one.
    if (this.#held.length === 1 && this.#held[0] === value) return [...this.complete(), ...this.#letGo(value)]
    this.#held.push(value)
    const isLong = this.#held.join("").length > longestName
    return isKnown || isLong ? this.complete() : [{ text: value, isHeld: true }]
  }

  /** A long name is no piece of anything, and judged once. */
  #readIdentifier(value: string): ReadonlyArray<Said> {
    return [...this.complete(), ...(this.#follows(value) ? [] : this.#sayWhole(`${value}\n`))]
  }

  #sayWhole(text: string): ReadonlyArray<Said> {
    return [...this.#text.goOn(text), this.#text.end()]
  }

  /** Whether a name came before in this place, or is the one that came last. */
  #follows(value: string): boolean {
    const [, last] = this.#lastTwo
    const sequence = JSON.stringify([...this.#lastTwo, value])
    const isKnown = value === last || this.#sequences.has(sequence)
    if (this.#sequences.size < mostSequences) this.#sequences.add(sequence)
    this.#lastTwo = [last, value]
    return isKnown
  }

  #withBefore(text: string): string {
    const all = this.#before + text
    this.#before = ""
    return all
  }

  #letGo(name: string): ReadonlyArray<Said> {
    this.#before = `${this.#before}${name}`.slice(-longestName)
    return []
  }

  /** Numbers and times are no beginning of anything, nor are ids and joined words where a name is expected. */
  #isIdle(value: string): boolean {
    if (!/[a-z]/i.test(value)) return true
    return this.#expectsName && (identifier.test(value) || isOpaque(value, shortestId))
  }
}
