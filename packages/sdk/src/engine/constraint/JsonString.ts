/** Texts as they stand in JSON: between quotes, spelt as `JSON.stringify` spells them. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import { CharacterAutomaton } from "./CharacterAutomaton.ts"
import { atomsOf, everyCodePoint } from "./CodePoints.ts"
import type { LengthRange } from "./CountedStates.ts"
import type { Dfa } from "./Dfa.ts"
import { jsonNotation, type Notation } from "./Notation.ts"
import { betweenCharacters, type Spelling, spellingOf } from "./Spelling.ts"

const { quote } = jsonNotation

/** How any character is spelt inside a JSON string. */
export const jsonCharacters: Spelling = spellingOf(atomsOf([everyCodePoint]), "json")

/** From one character to the next at most: `\u00` and two digits. */
const longestCharacter = 6

/** States of {@link Quoted} that lie outside the quotes; those within are higher by as many. */
export const beforeQuotes = 0
const afterQuotes = 1
export const outside = 2

/** What an automaton lets through, between quotes. */
export class Quoted implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = beforeQuotes
  readonly farthest: number
  readonly #inner: ByteAutomaton
  readonly #quote: number

  /** @param quote the byte that stands on both sides. */
  constructor(inner: ByteAutomaton, quote: number) {
    this.#inner = inner
    this.#quote = quote
    this.farthest = inner.farthest + 2
  }

  step(state: number, byte: number): number {
    if (state < outside) return state === beforeQuotes && byte === this.#quote ? this.#inner.start + outside : dead
    // No character is spelt with a bare quote: what may end ends there.
    if (byte === this.#quote && this.#inner.accepts(state - outside)) return afterQuotes
    const after = this.#inner.step(state - outside, byte)
    return after === dead ? dead : after + outside
  }

  alike(state: number): number {
    return state < outside || this.#inner.alike === undefined ? state : this.#inner.alike(state - outside) + outside
  }

  accepts(state: number): boolean {
    return state === afterQuotes
  }

  distance(state: number): number {
    if (state === afterQuotes) return 0
    if (state === beforeQuotes) return this.#inner.distance(this.#inner.start) + 2
    return this.#inner.distance(state - outside) + 1
  }
}

/** A string of at least and at most so many characters, quotes included. */
export class JsonString implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = beforeQuotes
  readonly farthest: number
  readonly #least: number
  readonly #most: number

  /**
   * @param least code points; a whole number.
   * @param most code points; a whole number, or Infinity.
   */
  constructor(least: number, most: number) {
    this.#least = least
    this.#most = most
    this.farthest = least + longestCharacter + 2
  }

  step(state: number, byte: number): number {
    if (state < outside) return state === beforeQuotes && byte === quote ? outside : dead
    const { next, nodes } = jsonCharacters
    const node = (state - outside) % nodes
    const count = (state - outside - node) / nodes
    if (byte === quote && node === betweenCharacters) return count >= this.#least ? afterQuotes : dead
    const to = count < this.#most ? next[node * 256 + byte]! : 0
    if (to === 0) return dead
    if (to > 0) return state - node + to
    return outside + this.#counted(count + 1) * nodes
  }

  accepts(state: number): boolean {
    return state === afterQuotes
  }

  distance(state: number): number {
    if (state === afterQuotes) return 0
    if (state === beforeQuotes) return this.#least + 2
    const { node, count } = placeIn(state)
    if (node === betweenCharacters) return Math.max(0, this.#least - count) + 1
    // The character that has begun counts once it is complete.
    return jsonCharacters.shortest[node]! + Math.max(0, this.#least - count - 1) + 1
  }

  /** How many characters may follow a state between two of them, and how many must; undefined elsewhere. */
  rangeFrom(state: number): { readonly least: number; readonly most: number } | undefined {
    if (state < outside) return undefined
    const { count, node } = placeIn(state)
    if (node !== betweenCharacters) return undefined
    return { least: Math.max(0, this.#least - count), most: this.#most - count }
  }

  /** Where no more is counted, counts are one. */
  #counted(count: number): number {
    return this.#most === Infinity ? Math.min(count, this.#least) : count
  }
}

const placeIn = (state: number): { readonly node: number; readonly count: number } => {
  const { nodes } = jsonCharacters
  const node = (state - outside) % nodes
  return { node, count: (state - outside - node) / nodes }
}

/** Any string. */
export const anyString = new JsonString(0, Infinity)

/**
 * The strings that an automaton over characters accepts.
 *
 * @param length of those that are meant; where it is left out, all are.
 * @throws TooLarge
 */
export const quotedStringOf = (dfa: Dfa, { quote, spelling }: Notation, length?: LengthRange): ByteAutomaton =>
  new Quoted(new CharacterAutomaton(dfa, spelling, length), quote)
