/**
 * Grammars in GBNF, the notation of llama.cpp: rules `name ::= …` of texts in quotes, sets in brackets, names, groups,
 * alternatives and counts. The text is what `root` is.
 */
import { type InvalidRequestError, invalidRequest } from "../../words/Errors.ts"
import { CharacterAutomaton } from "./CharacterAutomaton.ts"
import { type CodePoints, codePoints, complementOf, everyCodePoint, unionOf, withoutSurrogates } from "./CodePoints.ts"
import { isEmpty } from "./Dfa.ts"
import { Either, type Grammar, type GrammarNode, never, Repeat, Rule, Sequence, settle, Text } from "./Grammar.ts"
import { type Language, Languages, TooLarge } from "./Language.ts"

type Expression =
  | { readonly kind: "set"; readonly set: CodePoints }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "sequence" | "either"; readonly of: ReadonlyArray<Expression> }
  | { readonly kind: "repeat"; readonly of: Expression; readonly least: number; readonly most: number }

/** A count of what may be nothing is followed one by one. */
const mostOfNothing = 1000
/** UTF-16 units of a grammar. */
const longest = 200_000

const option = "grammar"
const refuse = (problem: string, remedy: string): InvalidRequestError => invalidRequest(option, problem, remedy)

/** @throws InvalidRequestError that says what is wrong, and in which line or rule */
export function readGrammar(source: string): Grammar {
  if (source.length > longest) throw refuse(`it is longer than ${longest} characters`, "Use a shorter one.")
  const rules = new GrammarParser(source).rules()
  if (!rules.has("root")) throw refuse("there is no rule `root`", "Name the rule that the whole text is `root`.")
  for (const [name, rule] of rules) {
    for (const used of namesIn(rule)) {
      if (!rules.has(used))
        throw refuse(`the rule \`${name}\` speaks of \`${used}\`, which there is not`, "Add it, or correct the name.")
    }
  }
  return new GrammarBuilder(rules).build()
}

const namesIn = (expression: Expression): ReadonlyArray<string> => {
  if (expression.kind === "rule") return [expression.name]
  if (expression.kind === "set") return []
  return expression.kind === "repeat" ? namesIn(expression.of) : expression.of.flatMap(namesIn)
}

class GrammarBuilder {
  readonly #source: ReadonlyMap<string, Expression>
  readonly #recursive: ReadonlySet<string>
  readonly #nullable: ReadonlySet<string>
  readonly #rules = new Map<string, Rule>()
  readonly #languages = new Languages()
  readonly #byName = new Map<string, Language>()

  constructor(source: ReadonlyMap<string, Expression>) {
    this.#source = source
    this.#nullable = this.#findNullable()
    this.#recursive = new Set([...source.keys()].filter((name) => this.#reaches(name, (rule) => namesIn(rule))))
    const left = [...source.keys()].find((name) => this.#reaches(name, (rule) => this.#firstNames(rule)))
    if (left === undefined) return
    throw refuse(
      `the rule \`${left}\` begins with itself`,
      'Write a list as `item ("," item)*`, or let the rule come last.',
    )
  }

  build(): Grammar {
    const root = this.#rule("root")
    settle([...this.#rules.values()])
    if (root.cost === Infinity) throw refuse("no text ever comes to the end of `root`", "Give each rule a way out.")
    return { root, hasNames: false }
  }

  #rule(name: string): Rule {
    const known = this.#rules.get(name)
    if (known !== undefined) return known
    const rule = new Rule(name)
    this.#rules.set(name, rule)
    const body = this.#source.get(name)
    if (body !== undefined) rule.body = this.#node(body)
    return rule
  }

  #node(expression: Expression): GrammarNode {
    const text = this.#isRegular(expression) ? this.#text(expression) : undefined
    if (text !== undefined) return text
    switch (expression.kind) {
      case "set":
        return never
      case "rule":
        return this.#rule(expression.name)
      case "either":
        return new Either(this.#joined(expression.of, "either"))
      case "sequence":
        return new Sequence(this.#joined(expression.of, "sequence"))
      case "repeat":
        return this.#repeat(expression)
    }
  }

  #repeat({ least, most, of }: Extract<Expression, { readonly kind: "repeat" }>): GrammarNode {
    const mayBeNothing = this.#isNullable(of)
    if (mayBeNothing && most < Infinity && most > mostOfNothing) {
      throw refuse(`what may be nothing is counted to ${most}`, `Count to ${mostOfNothing} at most, or use \`*\`.`)
    }
    return new Repeat(this.#node(of), mayBeNothing ? 0 : least, most)
  }

  /** Neighbours without recursion are one text, which is followed faster. */
  #joined(parts: ReadonlyArray<Expression>, kind: "sequence" | "either"): ReadonlyArray<GrammarNode> {
    const nodes: Array<GrammarNode> = []
    let run: Array<Expression> = []
    const end = () => {
      if (run.length > 0) nodes.push(...(this.#textOr(kind, run) ?? run.map((part) => this.#node(part))))
      run = []
    }
    for (const part of parts) {
      if (this.#isRegular(part)) run.push(part)
      else {
        end()
        nodes.push(this.#node(part))
      }
    }
    end()
    return nodes
  }

  #textOr(kind: "sequence" | "either", of: ReadonlyArray<Expression>): ReadonlyArray<GrammarNode> | undefined {
    const text = this.#text({ kind, of })
    return text === undefined ? undefined : [text]
  }

  /** Undefined where the automaton would be too large: then it is followed part by part. */
  #text(expression: Expression): GrammarNode | undefined {
    try {
      const dfa = this.#languages.automaton(this.#language(expression))
      return isEmpty(dfa) ? never : new Text(new CharacterAutomaton(dfa, "utf8"))
    } catch (cause) {
      if (cause instanceof TooLarge || cause instanceof RangeError) {
        if (expression.kind !== "set") return undefined
        throw refuse("it takes too many states to follow", "Use fewer sets of characters.")
      }
      throw cause
    }
  }

  #language(expression: Expression): Language {
    const languages = this.#languages
    switch (expression.kind) {
      case "set":
        return languages.set(expression.set)
      case "sequence":
        return languages.sequence(expression.of.map((part) => this.#language(part)))
      case "either":
        return languages.or(expression.of.map((part) => this.#language(part)))
      case "repeat":
        return languages.repeat(this.#language(expression.of), expression.least, expression.most)
      case "rule": {
        const body = this.#source.get(expression.name)
        const language =
          this.#byName.get(expression.name) ?? (body === undefined ? languages.nothing : this.#language(body))
        this.#byName.set(expression.name, language)
        return language
      }
    }
  }

  #isRegular(expression: Expression): boolean {
    const seen = new Set<string>()
    const waiting = [...namesIn(expression)]
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (this.#recursive.has(name)) return false
      if (seen.has(name)) continue
      seen.add(name)
      const body = this.#source.get(name)
      if (body !== undefined) waiting.push(...namesIn(body))
    }
    return true
  }

  /** Whether a rule comes back to itself along some of the names in it. */
  #reaches(name: string, namesOf: (rule: Expression) => ReadonlyArray<string>): boolean {
    const seen = new Set<string>()
    const follow = (rule: string): ReadonlyArray<string> => {
      const body = this.#source.get(rule)
      return body === undefined ? [] : namesOf(body)
    }
    const waiting = [...follow(name)]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (next === name) return true
      if (seen.has(next)) continue
      seen.add(next)
      waiting.push(...follow(next))
    }
    return false
  }

  /** The names that an expression may begin with. */
  #firstNames(expression: Expression): ReadonlyArray<string> {
    switch (expression.kind) {
      case "set":
        return []
      case "rule":
        return [expression.name]
      case "either":
        return expression.of.flatMap((part) => this.#firstNames(part))
      case "repeat":
        return this.#firstNames(expression.of)
      case "sequence": {
        const end = expression.of.findIndex((part) => !this.#isNullable(part))
        return expression.of.slice(0, end < 0 ? undefined : end + 1).flatMap((part) => this.#firstNames(part))
      }
    }
  }

  #findNullable(): ReadonlySet<string> {
    const nullable = new Set<string>()
    for (let size = -1; size < nullable.size;) {
      size = nullable.size
      for (const [name, body] of this.#source) if (isNullable(body, nullable)) nullable.add(name)
    }
    return nullable
  }

  #isNullable(expression: Expression): boolean {
    return isNullable(expression, this.#nullable)
  }
}

function isNullable(expression: Expression, rules: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case "set":
      return false
    case "rule":
      return rules.has(expression.name)
    case "either":
      return expression.of.some((part) => isNullable(part, rules))
    case "sequence":
      return expression.of.every((part) => isNullable(part, rules))
    case "repeat":
      return expression.least === 0 || isNullable(expression.of, rules)
  }
}

const named: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" }
const wide: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }
const isNameCharacter = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9_-]/.test(character)

class GrammarParser {
  readonly #characters: ReadonlyArray<string>
  #at = 0
  #depth = 0

  constructor(source: string) {
    if (!source.isWellFormed()) throw refuse("it holds half a surrogate pair", "Use well-formed text.")
    this.#characters = Array.from(source)
  }

  rules(): ReadonlyMap<string, Expression> {
    const rules = new Map<string, Expression>()
    this.#skip()
    while (this.#next !== undefined) {
      const name = this.#name()
      if (name === "") throw this.#wrong("the name of a rule is expected")
      this.#skip()
      if (!this.#takeIf("::=")) throw this.#wrong(`\`::=\` is expected after \`${name}\``)
      if (rules.has(name)) throw this.#wrong(`there are two rules \`${name}\``)
      rules.set(name, this.#either())
      this.#skip()
    }
    return rules
  }

  get #next(): string | undefined {
    return this.#characters[this.#at]
  }

  #takeIf(text: string): boolean {
    for (const [i, character] of Array.from(text).entries())
      if (this.#characters[this.#at + i] !== character) return false
    this.#at += text.length
    return true
  }

  /** White space, and comments to the end of their line. */
  #skip(): void {
    let isComment = false
    for (; this.#at < this.#characters.length; this.#at++) {
      const character = this.#characters[this.#at] ?? ""
      if (character === "\n") isComment = false
      else if (character === "#") isComment = true
      else if (!isComment && !/\s/.test(character)) return
    }
  }

  #name(): string {
    const start = this.#at
    while (isNameCharacter(this.#next)) this.#at++
    return this.#characters.slice(start, this.#at).join("")
  }

  #either(): Expression {
    if (++this.#depth > 200) throw this.#wrong("groups are nested more than 200 deep")
    const of = [this.#sequence()]
    while (this.#takeIf("|")) of.push(this.#sequence())
    this.#depth--
    return of.length === 1 ? of[0]! : { kind: "either", of }
  }

  #sequence(): Expression {
    const of: Array<Expression> = []
    for (;;) {
      this.#skip()
      const one = this.#one()
      if (one === undefined) return of.length === 1 ? of[0]! : { kind: "sequence", of }
      of.push(this.#repeated(one))
    }
  }

  #one(): Expression | undefined {
    if (this.#takeIf('"')) return this.#text()
    if (this.#takeIf("[")) return { kind: "set", set: this.#set() }
    if (this.#takeIf(".")) return { kind: "set", set: everyCodePoint }
    if (this.#takeIf("(")) {
      const group = this.#either()
      this.#skip()
      if (!this.#takeIf(")")) throw this.#wrong("`)` is expected")
      return group
    }
    if (!isNameCharacter(this.#next)) {
      if (this.#next === undefined || this.#next === "|" || this.#next === ")") return undefined
      throw this.#wrong(`\`${this.#next}\` is not expected`)
    }
    const start = this.#at
    const name = this.#name()
    this.#skip()
    // The next rule begins.
    const isRule = this.#takeIf("::=")
    if (isRule) this.#at = start
    return isRule ? undefined : { kind: "rule", name }
  }

  #repeated(of: Expression): Expression {
    this.#skipSpaces()
    const range = this.#range()
    return range === undefined ? of : this.#repeated({ kind: "repeat", of, least: range[0], most: range[1] })
  }

  #skipSpaces(): void {
    while (this.#next === " " || this.#next === "\t") this.#at++
  }

  #range(): readonly [least: number, most: number] | undefined {
    if (this.#takeIf("*")) return [0, Infinity]
    if (this.#takeIf("+")) return [1, Infinity]
    if (this.#takeIf("?")) return [0, 1]
    if (!this.#takeIf("{")) return undefined
    let body = ""
    while (this.#next !== undefined && this.#next !== "}") body += this.#characters[this.#at++]
    const [, least, comma, most] = /^\s*(\d+)\s*(?:(,)\s*(\d*)\s*)?$/.exec(body) ?? []
    if (!this.#takeIf("}") || least === undefined) throw this.#wrong("a count such as {2}, {2,} or {2,5} is expected")
    const upper = comma === undefined ? Number(least) : most === "" ? Infinity : Number(most)
    if (Number(least) > upper) throw this.#wrong(`{${body}} is no range`)
    return [Number(least), upper]
  }

  #text(): Expression {
    const of: Array<Expression> = []
    while (!this.#takeIf('"')) of.push({ kind: "set", set: codePoints(this.#character()) })
    return { kind: "sequence", of }
  }

  #set(): CodePoints {
    const isNegative = this.#takeIf("^")
    const sets: Array<CodePoints> = []
    while (!this.#takeIf("]")) {
      const [from = 0] = codePoints(this.#character())
      const isRange = this.#next === "-" && this.#characters[this.#at + 1] !== "]"
      if (isRange) this.#at++
      const [to = from] = isRange ? codePoints(this.#character()) : [from]
      if (to < from) throw this.#wrong("a range ends before it begins")
      sets.push([from, to])
    }
    const set = withoutSurrogates(unionOf(sets))
    return isNegative ? complementOf(set) : set
  }

  #character(): string {
    const character = this.#characters[this.#at++]
    if (character === undefined || character === "\n") throw this.#wrong("a text or a set does not end")
    if (character !== "\\") return character
    const escaped = this.#characters[this.#at++] ?? ""
    const digits = wide[escaped]
    if (digits === undefined) return named[escaped] ?? escaped
    const hex = this.#characters.slice(this.#at, this.#at + digits).join("")
    this.#at += digits
    const code = Number.parseInt(hex, 16)
    const isCode = /^[0-9A-Fa-f]+$/.test(hex) && hex.length === digits && code <= 0x10ffff
    if (isCode && String.fromCodePoint(code).isWellFormed()) return String.fromCodePoint(code)
    throw this.#wrong(`\\${escaped}${hex} is no character`)
  }

  #wrong(problem: string): InvalidRequestError {
    const line = this.#characters.slice(0, this.#at).filter((character) => character === "\n").length + 1
    return refuse(`in line ${line}, ${problem}`, "Write it in GBNF, as llama.cpp reads it.")
  }
}
