/**
 * JSON as its bytes (RFC 8259), for files whose parts are too many to be values: a tokenizer's vocabulary and merges are a
 * million strings that nobody needs as strings. What a place holds is read by whoever knows what stands there.
 */

/** Where a value stands in a text, and what of it was looked at on the way. */
export interface JsonPlace {
  readonly start: number
  readonly end: number
  /** Members of an object, elements of an array, all that are written; 0 of anything else. */
  readonly size: number
  /** The last member of each name, as `JSON.parse` has it, where it is an object that was to be outlined. */
  readonly fields?: ReadonlyMap<string, JsonPlace>
}

/** A text that is no JSON, and where it stops to be. */
export class JsonSyntaxError extends Error {}

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c]
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Objects and arrays within each other; a model's files have a handful. */
const mostNested = 500

/** What stands for one byte after a backslash. */
const escapes = new Map(Array.from('"\\/bfnrt', (name, i) => [name.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]))

const words = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), new TextEncoder().encode(word)]))

/** Goes over a text. */
export class JsonScanner {
  readonly bytes: Uint8Array
  /** Where it stands. */
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /**
   * Checks the whole text, and finds its parts.
   *
   * @param depth how far down fields are told: of the outermost object alone with 1.
   * @throws JsonSyntaxError when it is not one JSON value, in UTF-8
   */
  outline(depth: number): JsonPlace {
    const { bytes } = this
    // The byte order mark.
    this.at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    const place = this.#place(depth)
    this.#space()
    if (this.at < bytes.length) throw this.#unexpected(this.at)
    return place
  }

  /** The value at a place. */
  parse(start: number, end: number): unknown {
    return JSON.parse(new TextDecoder().decode(this.bytes.subarray(start, end)))
  }

  /** Goes over white space, commas and colons of a text that was checked, and gives the byte that a value starts with. */
  next(): number {
    const { bytes } = this
    let { at } = this
    while (isSpace(bytes[at]!) || bytes[at] === comma || bytes[at] === colon) at++
    this.at = at
    return bytes[at]!
  }

  /**
   * Copies what the string here says, in a text that was checked, and goes past it. Half of a surrogate pair is written as
   * UTF-8 would write it, were it a character: it stays apart from all others.
   *
   * @param to where it begins. It takes no more room than the text has.
   * @returns where it ends.
   */
  copyString(into: Uint8Array, to: number): number {
    const { bytes } = this
    let at = this.at + 1
    let end = to
    for (;;) {
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte === backslash) {
        this.at = at
        end = this.#copyEscaped(into, end)
        at = this.at
      } else {
        into[end++] = byte
        at++
      }
    }
    this.at = at + 1
    return end
  }

  #copyEscaped(into: Uint8Array, to: number): number {
    const single = escapes.get(this.bytes[this.at + 1]!)
    if (single !== undefined) {
      into[to] = single
      this.at += 2
      return to + 1
    }
    const unit = this.#unitAt(this.at)
    this.at += 6
    const isHigh = (unit & 0xfc00) === 0xd800
    const low = isHigh ? this.#unitAt(this.at) : 0
    if ((low & 0xfc00) !== 0xdc00) return copyCharacter(unit, into, to)
    this.at += 6
    return copyCharacter(0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff), into, to)
  }

  /** The UTF-16 unit of an escape `\uXXXX`; 0 where there is none. */
  #unitAt(at: number): number {
    const { bytes } = this
    if (bytes[at] !== backslash || bytes[at + 1] !== 0x75) return 0
    return Number.parseInt(String.fromCharCode(...bytes.subarray(at + 2, at + 6)), 16)
  }

  /** Checks the value here and goes past it. Gives its members or elements. */
  skip(nested = 0): number {
    if (nested > mostNested) throw new JsonSyntaxError(`more than ${mostNested} values within each other`)
    const byte = this.bytes[this.at]!
    if (byte === quote) this.#string()
    else if (byte === openObject) return this.#object(() => void this.skip(nested + 1))
    else if (byte === openArray) return this.#array(() => void this.skip(nested + 1))
    else if (words.has(byte)) this.#word(words.get(byte)!)
    else this.#number()
    return 0
  }

  #place(depth: number): JsonPlace {
    this.#space()
    const start = this.at
    if (depth === 0 || this.bytes[start] !== openObject) return { start, size: this.skip(), end: this.at }
    const fields = new Map<string, JsonPlace>()
    const size = this.#object((name) => void fields.set(name(), this.#place(depth - 1)))
    return { start, size, end: this.at, fields }
  }

  #object(member: (name: () => string) => void): number {
    let [from, to] = [0, 0]
    const nameOf = (): string => String(this.parse(from, to))
    return this.#list(closeObject, () => {
      from = this.at
      if (this.bytes[from] !== quote) throw this.#unexpected(from)
      this.#string()
      to = this.at
      this.#space()
      if (this.bytes[this.at] !== colon) throw this.#unexpected(this.at)
      this.at++
      this.#space()
      member(nameOf)
    })
  }

  #array(element: () => void): number {
    return this.#list(closeArray, element)
  }

  /** What stands between brackets, with commas between. */
  #list(close: number, item: () => void): number {
    const { bytes } = this
    this.at++
    this.#space()
    if (bytes[this.at] === close) {
      this.at++
      return 0
    }
    for (let size = 1; ; size++) {
      item()
      this.#space()
      const byte = bytes[this.at++]
      if (byte === close) return size
      if (byte !== comma) throw this.#unexpected(this.at - 1)
      this.#space()
    }
  }

  #space(): void {
    const { bytes } = this
    let { at } = this
    while (isSpace(bytes[at]!)) at++
    this.at = at
  }

  #string(): void {
    const { bytes } = this
    let at = this.at + 1
    for (;;) {
      const byte = bytes[at]!
      if (byte === quote) break
      if (byte === backslash) at = this.#escape(at)
      else if (byte >= 0x20 && byte < 0x80) at++
      else if (byte >= 0x80) at = this.#character(at)
      else throw this.#unexpected(at)
    }
    this.at = at + 1
  }

  #escape(at: number): number {
    const { bytes } = this
    if (escapes.has(bytes[at + 1]!)) return at + 2
    if (bytes[at + 1] !== 0x75) throw this.#unexpected(at + 1)
    for (let i = at + 2; i < at + 6; i++) if (!isHex(bytes[i]!)) throw this.#unexpected(i)
    return at + 6
  }

  /** A character of several bytes: the Unicode Standard, table 3-7. */
  #character(at: number): number {
    const { bytes } = this
    const [lead, second] = [bytes[at]!, bytes[at + 1]!]
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    let isOne = lead >= 0xc2 && lead <= 0xf4 && second >= least && second <= most
    for (let i = at + 2; i < at + length; i++) isOne &&= (bytes[i]! & 0xc0) === 0x80
    if (isOne) return at + length
    throw new JsonSyntaxError(`not UTF-8 text at byte ${at}`)
  }

  #word(word: Uint8Array): void {
    for (const byte of word) {
      if (this.bytes[this.at] !== byte) throw this.#unexpected(this.at)
      this.at++
    }
  }

  #number(): void {
    const { bytes } = this
    if (bytes[this.at] === 0x2d) this.at++
    if (bytes[this.at] === 0x30) this.at++
    else this.#digits()
    if (bytes[this.at] === 0x2e) {
      this.at++
      this.#digits()
    }
    if ((bytes[this.at]! | 0x20) !== 0x65) return
    this.at++
    if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at++
    this.#digits()
  }

  #digits(): void {
    const start = this.at
    while (isDigit(this.bytes[this.at]!)) this.at++
    if (this.at === start) throw this.#unexpected(start)
  }

  #unexpected(at: number): JsonSyntaxError {
    const { bytes } = this
    if (at >= bytes.length) return new JsonSyntaxError(`it ends at byte ${bytes.length}, in the middle`)
    let line = 1
    for (let i = 0; i < at; i++) if (bytes[i] === 0x0a) line++
    const character = new TextDecoder().decode(bytes.subarray(at, at + 4)).slice(0, 1)
    return new JsonSyntaxError(`unexpected ${JSON.stringify(character)} at byte ${at}, in line ${line}`)
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const isHex = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

/** Writes a character in UTF-8. Gives where it ends. */
export function copyCharacter(code: number, into: Uint8Array, to: number): number {
  const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  if (length === 1) {
    into[to] = code
    return to + 1
  }
  // As many ones as it has bytes, and the highest bits; six bits in each of the others.
  into[to] = (0xf00 >> length) | (code >> (6 * (length - 1)))
  for (let i = 1; i < length; i++) into[to + i] = 0x80 | ((code >> (6 * (length - 1 - i))) & 0x3f)
  return to + length
}
