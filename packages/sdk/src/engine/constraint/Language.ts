/**
 * Regular languages over characters, with intersection and complement, and how they become automata: by their derivatives
 * (Brzozowski, "Derivatives of regular expressions", JACM 1964; Owens, Reppy and Turon, "Regular-expression derivatives
 * re-examined", JFP 2009). A length limit is a counter that counts down, so that nothing is unrolled before it is needed.
 */
import { atomsOf, type CodePoints, everyCodePoint } from "./CodePoints.ts"
import { type Dfa, trimmed } from "./Dfa.ts"

/** A language. Made by the functions of {@link Languages} alone, which make equal ones the same. */
export type Language =
  | { readonly kind: "nothing"; readonly id: number }
  | { readonly kind: "empty"; readonly id: number }
  | { readonly kind: "set"; readonly id: number; readonly set: CodePoints }
  | { readonly kind: "then"; readonly id: number; readonly first: Language; readonly second: Language }
  | { readonly kind: "or" | "and"; readonly id: number; readonly of: ReadonlyArray<Language> }
  | { readonly kind: "not"; readonly id: number; readonly of: Language }
  | {
      readonly kind: "repeat"
      readonly id: number
      readonly of: Language
      readonly least: number
      readonly most: number
    }

/** Thrown where an automaton would become too large. */
export class TooLarge extends Error {}

/** A pattern that needs more states is refused: it would take seconds and hundreds of megabytes. */
const mostStates = 10_000
/** Steps of the work; some hundred thousand take a second. */
const mostDerivatives = 500_000
/** Languages that may be made on the way: what grows within each state, not in their number. */
const mostLanguages = 400_000
/** Parts of alternatives that may be put together: a count of counts has thousands in each state. */
const mostParts = 1_000_000

/** Makes languages, and keeps what it made: equal ones are the same object. */
export class Languages {
  readonly #known = new Map<string, Language>()
  readonly #nullable = new Map<Language, boolean>()
  #parts = 0
  readonly nothing: Language = this.#make("nothing", (id) => ({ kind: "nothing", id }))
  readonly empty: Language = this.#make("empty", (id) => ({ kind: "empty", id }))
  readonly character: Language = this.set(everyCodePoint)
  /** Any text. */
  readonly any: Language = this.repeat(this.character, 0, Infinity)

  set(set: CodePoints): Language {
    return set.length === 0 ? this.nothing : this.#make(`set:${set.join()}`, (id) => ({ kind: "set", id, set }))
  }

  text(text: string): Language {
    return this.sequence(Array.from(text).map((character) => this.set(single(character))))
  }

  sequence(parts: ReadonlyArray<Language>): Language {
    return parts.reduceRight((rest, part) => this.concat(part, rest), this.empty)
  }

  concat(first: Language, second: Language): Language {
    if (first.kind === "nothing" || second.kind === "nothing") return this.nothing
    if (first.kind === "empty") return second
    if (second.kind === "empty") return first
    // To the right, so that the same sequence is the same however it came about.
    if (first.kind === "then") return this.concat(first.first, this.concat(first.second, second))
    return this.#make(`then:${first.id},${second.id}`, (id) => ({ kind: "then", id, first, second }))
  }

  or(parts: ReadonlyArray<Language>): Language {
    const of = this.#flat("or", parts).filter(({ kind }) => kind !== "nothing")
    if (of.includes(this.any)) return this.any
    return of.length === 1 ? of[0]! : of.length === 0 ? this.nothing : this.#of("or", of)
  }

  and(parts: ReadonlyArray<Language>): Language {
    const of = this.#flat("and", parts).filter((part) => part !== this.any)
    if (of.some(({ kind }) => kind === "nothing")) return this.nothing
    return of.length === 1 ? of[0]! : of.length === 0 ? this.any : this.#of("and", of)
  }

  not(of: Language): Language {
    if (of.kind === "not") return of.of
    if (of.kind === "nothing") return this.any
    if (of === this.any) return this.nothing
    return this.#make(`not:${of.id}`, (id) => ({ kind: "not", id, of }))
  }

  repeat(of: Language, least: number, most: number): Language {
    if (most === 0 || of.kind === "empty") return this.empty
    if (of.kind === "nothing") return least === 0 ? this.empty : this.nothing
    if (least === 1 && most === 1) return of
    // What may be nothing need not be said so often, and its count hangs on nothing.
    if (least > 0 && this.isNullable(of)) return this.repeat(of, 0, most)
    if (of.kind === "repeat" && of.least === 0 && of.most === Infinity && most === Infinity) return of
    return this.#make(`repeat:${of.id},${least},${most}`, (id) => ({ kind: "repeat", id, of, least, most }))
  }

  optional(of: Language): Language {
    return this.repeat(of, 0, 1)
  }

  /** Whether the empty text is in it. */
  isNullable(language: Language): boolean {
    const known = this.#nullable.get(language)
    if (known !== undefined) return known
    const value = this.#isNullable(language)
    this.#nullable.set(language, value)
    return value
  }

  /**
   * The automaton of a language.
   *
   * @throws TooLarge
   */
  automaton(language: Language): Dfa {
    const sets = setsOf(language)
    const atoms = atomsOf(sets.map(({ set }) => set))
    const members = new Map(sets.map(({ id }, i) => [id, atoms.members[i] ?? new Set<number>()]))
    const derived = new Map<number, Language>()
    const derive = (of: Language, atom: number): Language => {
      if (of.kind === "nothing" || of.kind === "empty") return this.nothing
      if (of.kind === "set") return members.get(of.id)?.has(atom) === true ? this.empty : this.nothing
      const key = of.id * atoms.count + atom
      const known = derived.get(key)
      if (known !== undefined) return known
      if (derived.size >= mostDerivatives) throw new TooLarge()
      const made = this.#derive(of, (part) => derive(part, atom))
      derived.set(key, made)
      return made
    }
    const states = [language]
    const numbers = new Map([[language, 0]])
    const next: Array<number> = []
    for (const state of states) {
      for (let atom = 0; atom < atoms.count; atom++) {
        const after = derive(state, atom)
        const known = after.kind === "nothing" ? -1 : numbers.get(after)
        if (known === undefined) {
          if (states.length >= mostStates) throw new TooLarge()
          numbers.set(after, states.length)
          next.push(states.length)
          states.push(after)
        } else next.push(known)
      }
    }
    const accepting = Uint8Array.from(states, (state) => (this.isNullable(state) ? 1 : 0))
    return trimmed({ atoms, next: Int32Array.from(next), accepting })
  }

  #derive(language: Language, derive: (part: Language) => Language): Language {
    switch (language.kind) {
      case "nothing":
      case "empty":
      case "set":
        return this.nothing
      case "then": {
        const { first, second } = language
        const after = this.concat(derive(first), second)
        return this.isNullable(first) ? this.or([after, derive(second)]) : after
      }
      case "or":
        return this.or(language.of.map(derive))
      case "and":
        return this.and(language.of.map(derive))
      case "not":
        return this.not(derive(language.of))
      case "repeat": {
        const { least, most, of } = language
        return this.concat(derive(of), this.repeat(of, Math.max(0, least - 1), most - 1))
      }
    }
  }

  #isNullable(language: Language): boolean {
    switch (language.kind) {
      case "nothing":
      case "set":
        return false
      case "empty":
        return true
      case "then":
        return this.isNullable(language.first) && this.isNullable(language.second)
      case "or":
        return language.of.some((part) => this.isNullable(part))
      case "and":
        return language.of.every((part) => this.isNullable(part))
      case "not":
        return !this.isNullable(language.of)
      case "repeat":
        return language.least === 0 || this.isNullable(language.of)
    }
  }

  /** Sorted and once each: so equal ones are found. */
  #flat(kind: "or" | "and", parts: ReadonlyArray<Language>): Array<Language> {
    const flat = parts.flatMap((part) => (part.kind === kind ? part.of : [part]))
    this.#parts += flat.length
    if (this.#parts > mostParts) throw new TooLarge()
    return [...new Set(flat)].sort((a, b) => a.id - b.id)
  }

  #of(kind: "or" | "and", of: ReadonlyArray<Language>): Language {
    return this.#make(`${kind}:${of.map(({ id }) => id).join()}`, (id) => ({ kind, id, of }))
  }

  #make(key: string, make: (id: number) => Language): Language {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.#known.size >= mostLanguages) throw new TooLarge()
    const made = make(this.#known.size)
    this.#known.set(key, made)
    return made
  }
}

const single = (character: string): CodePoints => {
  const code = character.codePointAt(0) ?? 0
  return [code, code]
}

type SetLanguage = Extract<Language, { readonly kind: "set" }>

/** The sets that a language speaks of. */
function setsOf(language: Language): ReadonlyArray<SetLanguage> {
  const seen = new Set<Language>()
  const sets: Array<SetLanguage> = []
  const waiting = [language]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one)) continue
    seen.add(one)
    if (one.kind === "set") sets.push(one)
    else if (one.kind === "then") waiting.push(one.first, one.second)
    else if (one.kind === "or" || one.kind === "and") waiting.push(...one.of)
    else if (one.kind === "not" || one.kind === "repeat") waiting.push(one.of)
  }
  return sets
}
