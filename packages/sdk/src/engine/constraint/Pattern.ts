/** Regular expressions of ECMAScript, with the flag `u`, as languages. */
import { type CodePoints, codePoints, complementOf, unionOf, withoutSurrogates } from "./CodePoints.ts"
import type { Language, Languages } from "./Language.ts"
import { unicodePattern } from "./unicodePattern.ts"

/** A pattern that cannot be followed; the message says why, in a clause. */
export class PatternProblem extends Error {}

type Pattern =
  | { readonly kind: "set"; readonly set: CodePoints }
  | { readonly kind: "sequence" | "either"; readonly of: ReadonlyArray<Pattern> }
  | { readonly kind: "repeat"; readonly of: Pattern; readonly least: number; readonly most: number }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "look"; readonly of: Pattern; readonly isNegative: boolean }

/**
 * The texts in which a pattern is found somewhere: as `new RegExp(source, "u").test(text)` says.
 *
 * @throws PatternProblem
 */
export function matchesOf(source: string, languages: Languages): Language {
  const pattern = parsePattern(source)
  const { any } = languages
  const translation = new Translation(languages)
  return languages.or([translation.of(pattern, any, true), languages.concat(any, translation.of(pattern, any, false))])
}

/**
 * The texts that a pattern matches from their start to their end.
 *
 * @throws PatternProblem
 */
export const wholeMatchesOf = (source: string, languages: Languages): Language =>
  new Translation(languages).of(parsePattern(source), languages.empty, true)

/** What is left of a text is part of a pattern's meaning, as `$` and lookahead speak of it. */
class Translation {
  readonly #languages: Languages

  constructor(languages: Languages) {
    this.#languages = languages
  }

  /**
   * @param rest what follows the pattern.
   * @param isFirst whether nothing stands before it.
   */
  of(pattern: Pattern, rest: Language, isFirst: boolean): Language {
    const languages = this.#languages
    if (!asserts(pattern)) return languages.concat(this.#plain(pattern), rest)
    switch (pattern.kind) {
      case "set":
        return languages.concat(languages.set(pattern.set), rest)
      case "either":
        return languages.or(pattern.of.map((part) => this.of(part, rest, isFirst)))
      case "sequence":
        return this.#sequence(pattern.of, rest, isFirst)
      case "start":
        return isFirst ? rest : languages.nothing
      case "end":
        return languages.isNullable(rest) ? languages.empty : languages.nothing
      case "look": {
        const ahead = this.of(pattern.of, languages.any, isFirst)
        return languages.and([pattern.isNegative ? languages.not(ahead) : ahead, rest])
      }
      case "repeat": {
        const { least, most, of } = pattern
        if (most > 1) throw new PatternProblem("it repeats an assertion (`^`, `$`, lookahead)")
        const once = this.of(of, rest, isFirst)
        return least === 1 ? once : most === 0 ? rest : languages.or([once, rest])
      }
    }
  }

  #sequence(parts: ReadonlyArray<Pattern>, rest: Language, isFirst: boolean): Language {
    const [first, ...others] = parts
    if (first === undefined) return rest
    const staysFirst = isFirst && isZeroWide(first)
    if (isFirst && !staysFirst && mayBeEmpty(first) && others.some(speaksOfStart)) {
      throw new PatternProblem("what stands before a `^` may be nothing or something")
    }
    return this.of(first, this.#sequence(others, rest, staysFirst), isFirst)
  }

  /** Without assertions, it is a language by itself. */
  #plain(pattern: Pattern): Language {
    const languages = this.#languages
    switch (pattern.kind) {
      case "set":
        return languages.set(pattern.set)
      case "either":
        return languages.or(pattern.of.map((part) => this.#plain(part)))
      case "sequence":
        return languages.sequence(pattern.of.map((part) => this.#plain(part)))
      case "repeat":
        return languages.repeat(this.#plain(pattern.of), pattern.least, pattern.most)
      default:
        return languages.empty
    }
  }
}

const isZeroWide = (pattern: Pattern): boolean => {
  if (pattern.kind === "start" || pattern.kind === "end" || pattern.kind === "look") return true
  if (pattern.kind === "sequence" || pattern.kind === "either") return pattern.of.every(isZeroWide)
  return pattern.kind === "repeat" && (pattern.most === 0 || isZeroWide(pattern.of))
}

const mayBeEmpty = (pattern: Pattern): boolean => {
  if (pattern.kind === "set") return false
  if (pattern.kind === "sequence") return pattern.of.every(mayBeEmpty)
  if (pattern.kind === "either") return pattern.of.some(mayBeEmpty)
  return pattern.kind !== "repeat" || pattern.least === 0 || mayBeEmpty(pattern.of)
}

const asserts = (pattern: Pattern): boolean => {
  if (pattern.kind === "set") return false
  if (pattern.kind === "sequence" || pattern.kind === "either") return pattern.of.some(asserts)
  return pattern.kind !== "repeat" || asserts(pattern.of)
}

const speaksOfStart = (pattern: Pattern): boolean => {
  if (pattern.kind === "start") return true
  if (pattern.kind === "sequence" || pattern.kind === "either") return pattern.of.some(speaksOfStart)
  return (pattern.kind === "repeat" || pattern.kind === "look") && speaksOfStart(pattern.of)
}

/** UTF-16 units of a pattern: its parts are put together one by one. */
const longest = 20_000

/** @throws PatternProblem */
function parsePattern(source: string): Pattern {
  if (source.length > longest) throw new PatternProblem(`it is longer than ${longest} characters`)
  const strict = unicodePattern(source)
  if (strict !== undefined) return new Parser(strict).whole()
  throw new PatternProblem(`it is no pattern (${messageOf(source)})`)
}

/** Why the platform takes it for none. */
function messageOf(source: string): string {
  try {
    return String(new RegExp(source, "u"))
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause)
  }
}

const digit: CodePoints = [0x30, 0x39]
const word: CodePoints = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
const lineEnds = codePoints("\n\r\u2028\u2029")
const controls: Readonly<Record<string, string>> = { t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", 0: "\0" }

let characters: string | undefined

function everyCharacter(): string {
  if (characters !== undefined) return characters
  const pieces: Array<string> = []
  for (let from = 0; from <= 0x10ffff; from += 0x800) {
    const isSurrogate = from === 0xd800
    const codes = Array.from({ length: 0x800 }, (_, i) => from + i)
    if (!isSurrogate) pieces.push(String.fromCodePoint(...codes))
  }
  characters = pieces.join("")
  return characters
}

/** Sets that the platform knows, such as `\p{Letter}`: asked once for each code point. */
const knownSets = new Map<string, CodePoints>()

function setByPlatform(escape: string): CodePoints {
  const known = knownSets.get(escape)
  if (known !== undefined) return known
  const set: Array<number> = []
  for (const [runs] of everyCharacter().matchAll(new RegExp(`${escape}+`, "gu"))) {
    for (const character of runs) {
      const code = character.codePointAt(0) ?? 0
      if (set.length > 0 && set.at(-1) === code - 1) set[set.length - 1] = code
      else set.push(code, code)
    }
  }
  knownSets.set(escape, set)
  return set
}

/** Reads a pattern that the platform has found to be one. */
class Parser {
  readonly #characters: ReadonlyArray<string>
  #at = 0

  constructor(source: string) {
    this.#characters = Array.from(source)
  }

  whole(): Pattern {
    return this.#either()
  }

  get #next(): string | undefined {
    return this.#characters[this.#at]
  }

  #take(): string {
    return this.#characters[this.#at++] ?? ""
  }

  #takeIf(text: string): boolean {
    const characters = Array.from(text)
    if (!characters.every((character, i) => this.#characters[this.#at + i] === character)) return false
    this.#at += characters.length
    return true
  }

  #either(): Pattern {
    const of = [this.#sequence()]
    while (this.#takeIf("|")) of.push(this.#sequence())
    return of.length === 1 ? of[0]! : { kind: "either", of }
  }

  #sequence(): Pattern {
    const of: Array<Pattern> = []
    while (this.#next !== undefined && this.#next !== "|" && this.#next !== ")") of.push(this.#repeated())
    return of.length === 1 ? of[0]! : { kind: "sequence", of }
  }

  #repeated(): Pattern {
    const of = this.#one()
    const [least, most] = this.#quantifier()
    if (least === 1 && most === 1) return of
    // Lazy or not, it is the same set of texts.
    this.#takeIf("?")
    return { kind: "repeat", of, least, most }
  }

  #quantifier(): readonly [least: number, most: number] {
    if (this.#takeIf("*")) return [0, Infinity]
    if (this.#takeIf("+")) return [1, Infinity]
    if (this.#takeIf("?")) return [0, 1]
    if (!this.#takeIf("{")) return [1, 1]
    let body = ""
    while (!this.#takeIf("}")) body += this.#take()
    const [least = "", most] = body.split(",")
    const isExact = most === undefined
    const range = [Number(least), isExact ? Number(least) : most === "" ? Infinity : Number(most)] as const
    // `{1}` says nothing, and may yet be followed by a `?` of its own.
    if (range[0] === 1 && range[1] === 1) this.#takeIf("?")
    return range
  }

  #one(): Pattern {
    if (this.#takeIf("(?:")) return this.#group()
    if (this.#takeIf("(?=")) return { kind: "look", of: this.#group(), isNegative: false }
    if (this.#takeIf("(?!")) return { kind: "look", of: this.#group(), isNegative: true }
    if (this.#takeIf("(?<=") || this.#takeIf("(?<!")) throw new PatternProblem("it looks behind (`(?<=`, `(?<!`)")
    if (this.#takeIf("(?<")) {
      while (!this.#takeIf(">")) this.#take()
      return this.#group()
    }
    if (this.#takeIf("(?")) throw new PatternProblem("it changes its flags in mid-pattern (`(?i:`)")
    if (this.#takeIf("(")) return this.#group()
    if (this.#takeIf("^")) return { kind: "start" }
    if (this.#takeIf("$")) return { kind: "end" }
    if (this.#takeIf(".")) return { kind: "set", set: complementOf(lineEnds) }
    if (this.#takeIf("[")) return { kind: "set", set: this.#class() }
    if (this.#takeIf("\\")) return { kind: "set", set: this.#escape(false) }
    return { kind: "set", set: codePoints(this.#take()) }
  }

  #group(): Pattern {
    const of = this.#either()
    this.#take()
    return of
  }

  #class(): CodePoints {
    const isNegative = this.#takeIf("^")
    const sets: Array<CodePoints> = []
    while (!this.#takeIf("]")) {
      const from = this.#classMember()
      if (this.#next === "-" && this.#characters[this.#at + 1] !== "]" && isOne(from)) {
        this.#take()
        sets.push([from[0]!, this.#classMember()[1]!])
      } else sets.push(from)
    }
    const set = withoutSurrogates(unionOf(sets))
    return isNegative ? complementOf(set) : set
  }

  #classMember(): CodePoints {
    return this.#takeIf("\\") ? this.#escape(true) : codePoints(this.#take())
  }

  #escape(isInClass: boolean): CodePoints {
    const name = this.#take()
    if (name === "d") return digit
    if (name === "D") return complementOf(digit)
    if (name === "w") return word
    if (name === "W") return complementOf(word)
    if (name === "s") return setByPlatform("\\s")
    if (name === "S") return complementOf(setByPlatform("\\s"))
    if (name === "p" || name === "P") {
      let property = ""
      do property += this.#take()
      while (!property.endsWith("}"))
      const set = setByPlatform(`\\p${property}`)
      return name === "p" ? set : complementOf(set)
    }
    if (name === "b" && isInClass) return codePoints("\b")
    if (name === "b" || name === "B") throw new PatternProblem("it asks for a word's border (`\\b`)")
    if (name === "k" || /[1-9]/.test(name)) throw new PatternProblem("it refers back to what a group matched")
    if (name === "x") return codeOf(this.#take() + this.#take())
    if (name === "u") return this.#unicode()
    if (name === "c") return codeOf((this.#take().charCodeAt(0) % 32).toString(16))
    return codePoints(controls[name] ?? name)
  }

  #unicode(): CodePoints {
    if (this.#takeIf("{")) {
      let digits = ""
      while (!this.#takeIf("}")) digits += this.#take()
      return codeOf(digits)
    }
    const high = Number.parseInt(this.#four(), 16)
    if (high < 0xd800 || high > 0xdbff || !this.#takeIf("\\u")) return [high, high]
    const low = Number.parseInt(this.#four(), 16)
    return codePoints(String.fromCharCode(high, low))
  }

  #four(): string {
    return this.#take() + this.#take() + this.#take() + this.#take()
  }
}

const isOne = ([from, to, ...rest]: CodePoints): boolean => from === to && rest.length === 0

const codeOf = (digits: string): CodePoints => {
  const code = Number.parseInt(digits, 16)
  return [code, code]
}
