import { type Cut, redact } from "../../words/Redaction.ts"
import { isRecord } from "../../words/Json.ts"
import { defaultChannel, type FrameText, type RedactedText } from "../Frame.ts"
import { expectsName } from "./Names.ts"

/** A shorter string within a text is only taken for a piece of it where it is a line of it. */
const shortestPiece = 16

interface Change extends RedactedText {
  /** Of the text's characters, those that a string of the value was found to say. */
  readonly covered: Set<number>
}

/**
 * Cuts out of a stream of JSON values what is cut out of their texts: of the strings that say it, and of those that later say a
 * whole text once more. Probabilities of the tokens that spell it go with it.
 *
 * @example
 * const redaction = new JsonRedaction()
 * const cut = { start: 3, end: 7, policy: "name" }
 * const said = { text: "Hi Jane", redacted: "Hi [name]", cuts: [cut] }
 * console.log(redaction.apply({ delta: "Hi Jane" }, [{ text: "Hi Jane" }], [said])) // => { delta: 'Hi [name]' }
 */
export class JsonRedaction {
  readonly #texts = new Map<string, { text: string; redacted: string }>()
  #hasCut = false

  /**
   * Told of each value, in their order.
   *
   * @param said what the value was read as, and `redacted` what became of it.
   * @returns the value itself where it is to be said as it is; undefined where it cannot be said without what is cut out.
   */
  apply<A>(value: A, said: ReadonlyArray<FrameText>, redacted: ReadonlyArray<RedactedText>): A | undefined {
    for (const [i, { channel = defaultChannel }] of said.entries()) this.#add(channel, redacted[i])
    const changes = redacted
      .filter(({ cuts }) => cuts.length > 0)
      .map((change): Change => ({ ...change, covered: new Set() }))
    if (!this.#hasCut) return value
    const changed = this.#changed(value, "", changes)
    if (!changes.every(isSaid)) return undefined
    // The same value with other strings in it.
    return changed as A
  }

  #add(channel: string, said: RedactedText | undefined): void {
    if (said === undefined) return
    const known = this.#texts.get(channel) ?? { text: "", redacted: "" }
    this.#texts.set(channel, { text: known.text + said.text, redacted: known.redacted + said.redacted })
    this.#hasCut ||= said.cuts.length > 0
  }

  /** The very value where nothing in it changes. */
  #changed(value: unknown, key: string, changes: ReadonlyArray<Change>): unknown {
    if (typeof value === "string") return expectsName(key) ? value : this.#string(value, changes)
    if (key === "logprobs" && changes.length > 0) return null
    if (Array.isArray(value)) {
      const list = value.map((element) => this.#changed(element, key, changes))
      return list.some((element, i) => element !== value[i]) ? list : value
    }
    if (!isRecord(value) || ArrayBuffer.isView(value)) return value
    const fields = Object.entries(value).map(([name, field]) => [name, this.#changed(field, name, changes)] as const)
    return fields.some(([name, field]) => field !== value[name]) ? Object.fromEntries(fields) : value
  }

  #string(string: string, changes: ReadonlyArray<Change>): string {
    if (string === "") return string
    for (const { cuts, covered, text } of changes) {
      for (let at = placeOf(string, text, 0); at >= 0; at = placeOf(string, text, at + 1)) {
        if (!cuts.some(({ end, start }) => start < at + string.length && end > at)) continue
        for (let i = at; i < at + string.length; i++) covered.add(i)
        return redact(string, cuts, at)
      }
    }
    const trimmed = string.trim()
    const repeated = this.#texts.values().find(({ text }) => text.trim() === trimmed)
    return repeated === undefined || repeated.text === repeated.redacted ? string : repeated.redacted
  }
}

/** Where a text says a string, from a place on: as a line or as lines of it, or anywhere if it is long; -1 where it does not. */
function placeOf(string: string, text: string, from: number): number {
  for (let at = text.indexOf(string, from); at >= 0; at = text.indexOf(string, at + 1)) {
    const end = at + string.length
    const isLine = (at === 0 || text[at - 1] === "\n") && (end === text.length || text[end] === "\n")
    if (isLine || string.length >= shortestPiece) return at
  }
  return -1
}

/** Whether all that is cut out was found in strings of the value; lines' ends between them are nobody's. */
const isSaid = ({ covered, cuts, text }: Change): boolean => cuts.every((cut) => isCovered(cut, covered, text))

function isCovered({ end, start }: Cut, covered: ReadonlySet<number>, text: string): boolean {
  for (let i = Math.max(0, start); i < Math.min(end, text.length); i++) {
    if (!covered.has(i) && /\S/.test(text.charAt(i))) return false
  }
  return true
}
