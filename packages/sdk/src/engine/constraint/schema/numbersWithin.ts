/** Numbers as JSON writes them, within bounds: digit by digit, without exponents. */
import { type Dfa, trimmed } from "../Dfa.ts"
import { type Language, Languages, TooLarge } from "../Language.ts"

export interface NumberBounds {
  readonly isInteger: boolean
  readonly least: number
  readonly most: number
  /** Whether the number may not be the bound itself. */
  readonly isAbove: boolean
  readonly isBelow: boolean
  /** Each of them divides the number. */
  readonly multiplesOf: ReadonlyArray<number>
}

/**
 * So many digits a number has at most: any two decimals of as many are different doubles (IEEE 754, 53 bits), so that what
 * was compared as text is as true of what `JSON.parse` makes of it.
 */
const mostDigits = 15
const mostIntegerDigits = 16

/** States times remainders. */
const mostStates = 100_000

/** A number's digits, without sign and without zeros that say nothing. */
interface Decimal {
  readonly whole: string
  readonly fraction: string
}

/**
 * @throws TooLarge where divisors make it so.
 */
export function numbersWithin(bounds: NumberBounds): Dfa {
  const languages = new Languages()
  const dfa = languages.automaton(new Numbers(languages, bounds.isInteger).within(bounds))
  return bounds.multiplesOf.reduce((numbers, divisor) => multiples(numbers, divisor), dfa)
}

class Numbers {
  readonly #languages: Languages
  readonly #isInteger: boolean
  readonly #digit: Language
  readonly #digits: Language

  constructor(languages: Languages, isInteger: boolean) {
    this.#languages = languages
    this.#isInteger = isInteger
    // One by one, so that remainders can tell them apart.
    this.#digit = languages.or(Array.from("0123456789").map((one) => languages.text(one)))
    this.#digits = languages.repeat(this.#digit, 0, Infinity)
  }

  within(bounds: NumberBounds): Language {
    const { and, optional, or, repeat, text, concat } = bound(this.#languages)
    const { isAbove, isBelow, least, most } = this.#isInteger ? integerBounds(bounds) : bounds
    const zero: Decimal = { whole: "0", fraction: "" }
    const positive = () => [
      // Where the bound is 0 itself, it is all that has to be kept out.
      ...(least > 0 || (least === 0 && isAbove) ? [this.#above(decimalOf(least), !isAbove)] : []),
      ...(most < Infinity ? [this.#below(decimalOf(most), !isBelow)] : []),
      this.#any(),
    ]
    const negative = () => [
      this.#above(most < 0 ? decimalOf(-most) : zero, most < 0 && !isBelow),
      ...(least > -Infinity ? [this.#below(decimalOf(-least), !isAbove)] : []),
      this.#any(),
    ]
    const numbers = or([
      ...(most >= 0 ? [and(positive())] : []),
      ...(least < 0 ? [concat(text("-"), and(negative()))] : []),
    ])
    const digits = this.#isInteger ? mostIntegerDigits : mostDigits
    return and([numbers, concat(optional(text("-")), repeat(concat(this.#digit, optional(text("."))), 1, digits))])
  }

  /** Any number without a sign. */
  #any(): Language {
    const { or, text, concat } = bound(this.#languages)
    return concat(or([text("0"), concat(this.#from("1"), this.#digits)]), this.#anyFraction())
  }

  /** Numbers above one, or it as well. */
  #above({ fraction, whole }: Decimal, isSame: boolean): Language {
    const { or, text, concat } = bound(this.#languages)
    const same = isSame ? [this.#sameFraction(fraction)] : []
    return or([
      concat(this.#wholesAbove(whole), this.#anyFraction()),
      concat(text(whole), or([this.#fractionsAbove(fraction), ...same])),
    ])
  }

  #below({ fraction, whole }: Decimal, isSame: boolean): Language {
    const { or, text, concat } = bound(this.#languages)
    const same = isSame ? [this.#sameFraction(fraction)] : []
    return or([
      concat(this.#wholesBelow(whole), this.#anyFraction()),
      concat(text(whole), or([this.#fractionsBelow(fraction), ...same])),
    ])
  }

  #wholesAbove(whole: string): Language {
    const { or, repeat, concat } = bound(this.#languages)
    const longer = concat(this.#from("1"), repeat(this.#digit, whole.length, Infinity))
    return or([longer, ...this.#differing(whole, (digit) => this.#from(next(digit)), whole.length)])
  }

  #wholesBelow(whole: string): Language {
    const { or, repeat, concat } = bound(this.#languages)
    const shorter = Array.from({ length: whole.length - 1 }, (_, i) =>
      i === 0 ? this.#digit : concat(this.#from("1"), repeat(this.#digit, i, i)),
    )
    const lower = (digit: string, at: number) => this.#between(at === 0 && whole.length > 1 ? "1" : "0", digit)
    return or([...shorter, ...this.#differing(whole, lower, whole.length)])
  }

  /** Digits that agree with some up to a place, and differ there. */
  #differing(
    digits: string,
    differ: (digit: string, at: number) => Language,
    length: number | undefined,
  ): ReadonlyArray<Language> {
    const { repeat, sequence, text } = bound(this.#languages)
    return Array.from(digits).map((digit, at) => {
      const rest = length === undefined ? this.#digits : repeat(this.#digit, length - at - 1, length - at - 1)
      return sequence([text(digits.slice(0, at)), differ(digit, at), rest])
    })
  }

  #anyFraction(): Language {
    const { optional, repeat, text, concat } = bound(this.#languages)
    return this.#isInteger ? this.#languages.empty : optional(concat(text("."), repeat(this.#digit, 1, Infinity)))
  }

  #sameFraction(fraction: string): Language {
    const { optional, repeat, sequence, text, concat } = bound(this.#languages)
    if (this.#isInteger) return fraction === "" ? this.#languages.empty : this.#languages.nothing
    const zeros = (least: number) => repeat(text("0"), least, Infinity)
    return fraction === "" ? optional(concat(text("."), zeros(1))) : sequence([text("."), text(fraction), zeros(0)])
  }

  #fractionsAbove(fraction: string): Language {
    const { or, repeat, sequence, text, concat } = bound(this.#languages)
    if (this.#isInteger) return this.#languages.nothing
    const longer = sequence([text(fraction), repeat(text("0"), 0, Infinity), this.#from("1"), this.#digits])
    return concat(text("."), or([longer, ...this.#differing(fraction, (digit) => this.#from(next(digit)), undefined)]))
  }

  #fractionsBelow(fraction: string): Language {
    const { or, text, concat } = bound(this.#languages)
    if (fraction === "") return this.#languages.nothing
    if (this.#isInteger) return this.#languages.empty
    const beginnings = Array.from(fraction)
      .slice(1)
      .map((_, i) => text(fraction.slice(0, i + 1)))
    const lower = this.#differing(fraction, (digit) => this.#between("0", digit), undefined)
    return or([this.#languages.empty, concat(text("."), or([...beginnings, ...lower]))])
  }

  /** Digits from one on; none after the 9. */
  #from(digit: string): Language {
    return this.#between(digit, ":")
  }

  /** Digits from one up to below another. */
  #between(from: string, below: string): Language {
    const { or, text } = bound(this.#languages)
    const digits: Array<Language> = []
    for (let code = from.charCodeAt(0); code < below.charCodeAt(0); code++) digits.push(text(String.fromCharCode(code)))
    return or(digits)
  }
}

const next = (digit: string): string => String.fromCharCode(digit.charCodeAt(0) + 1)

const bound = (languages: Languages) => ({
  and: (parts: ReadonlyArray<Language>) => languages.and(parts),
  or: (parts: ReadonlyArray<Language>) => languages.or(parts),
  concat: (first: Language, second: Language) => languages.concat(first, second),
  sequence: (parts: ReadonlyArray<Language>) => languages.sequence(parts),
  repeat: (of: Language, least: number, most: number) => languages.repeat(of, least, most),
  optional: (of: Language) => languages.optional(of),
  text: (text: string) => languages.text(text),
})

/** The same bounds for integers: whole, and such that `JSON.parse` takes every one exactly. */
function integerBounds({ isAbove, isBelow, least, most }: NumberBounds) {
  const lowest = Number.isInteger(least) && isAbove ? least + 1 : Math.ceil(least)
  const highest = Number.isInteger(most) && isBelow ? most - 1 : Math.floor(most)
  return {
    least: Math.max(lowest, -Number.MAX_SAFE_INTEGER),
    most: Math.min(highest, Number.MAX_SAFE_INTEGER),
    isAbove: false,
    isBelow: false,
  }
}

/** The digits of a number that is not negative, as JavaScript writes it, exponents written out. */
function decimalOf(value: number): Decimal {
  const [digits = "0", exponent = "0"] = String(value).split("e")
  const [whole = "0", fraction = ""] = digits.split(".")
  const shift = Number(exponent)
  const all = whole + fraction
  const point = whole.length + shift
  const padded = point < 1 ? "0".repeat(1 - point) + all : all.padEnd(point, "0")
  const at = Math.max(1, point)
  return {
    whole: padded.slice(0, at).replace(/^0+(?=.)/, ""),
    fraction: padded.slice(at).replace(/0+$/, ""),
  }
}

/** Those numbers that a divisor divides, in decimals: remainders go along with the digits. */
function multiples(dfa: Dfa, divisor: number): Dfa {
  const { accepting, atoms, next } = dfa
  const { fraction, whole } = decimalOf(divisor)
  const scale = fraction.length
  const modulus = Number(whole + fraction)
  if (modulus > Number.MAX_SAFE_INTEGER / 20) throw new TooLarge()
  const digitOf = new Map(Array.from("0123456789").map((digit) => [atomOf(dfa, digit), Number(digit)]))
  const point = atomOf(dfa, ".")
  /** A state, the remainder so far, and the digits behind the point; -1 before it. */
  const states: Array<readonly [state: number, remainder: number, places: number]> = [[0, 0, -1]]
  const numbers = new Map([["0,0,-1", 0]])
  const table: Array<number> = []
  for (const [state, remainder, places] of states) {
    for (let atom = 0; atom < atoms.count; atom++) {
      const to = next[state * atoms.count + atom]!
      const digit = digitOf.get(atom)
      const isTooFine = digit !== undefined && digit > 0 && places >= scale
      if (to < 0 || isTooFine) {
        table.push(-1)
        continue
      }
      const counts = digit !== undefined && places < scale
      const after = [
        to,
        counts ? (remainder * 10 + digit) % modulus : remainder,
        atom === point ? 0 : counts && places >= 0 ? places + 1 : places,
      ] as const
      const key = after.join()
      const number = numbers.get(key) ?? states.push(after) - 1
      if (number >= mostStates) throw new TooLarge()
      numbers.set(key, number)
      table.push(number)
    }
  }
  const ends = states.map(([state, remainder, places]) => {
    const scaled = (remainder * 10 ** (scale - Math.max(0, places))) % modulus
    return accepting[state] === 1 && scaled === 0 ? 1 : 0
  })
  return trimmed({ atoms, next: Int32Array.from(table), accepting: Uint8Array.from(ends) })
}

function atomOf({ atoms }: Dfa, character: string): number {
  const code = character.charCodeAt(0)
  return atoms.ranges.find(({ from, to }) => code >= from && code <= to)?.atom ?? -1
}
