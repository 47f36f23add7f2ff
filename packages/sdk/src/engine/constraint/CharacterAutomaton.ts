/** An automaton over characters that runs on bytes. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import { alikeStates, type Dfa, distancesOf } from "./Dfa.ts"
import { betweenCharacters, type Spelling, type SpellingKind, spellingOf } from "./Spelling.ts"

/** The most characters of a token in Gemma's vocabularies: 31 spaces, and the text and end of a few longer words. */
const charactersAhead = 64

/** Rows of the table that are kept; 1 kB each. */
const mostRows = 4096

/**
 * A state is a number for that of the characters and how far the next one is spelt. What bytes lead to is found out for a
 * state when it is reached, and kept as a row of a table: a walk over a vocabulary asks half a million times.
 */
export class CharacterAutomaton implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = 0
  readonly farthest: number
  readonly #dfa: Dfa
  readonly #spelling: Spelling
  readonly #distances: Float64Array
  /** What the states are numbers for: states of characters, and nodes of the spelling. */
  readonly #characters: Array<number> = []
  readonly #nodes: Array<number> = []
  readonly #numbers = new Map<number, number>()
  #rows: Array<Int32Array | undefined> = []
  #kept = 0
  readonly #inCharacter = new Map<number, number>()
  #alike: Int32Array | undefined

  /** @param dfa a trimmed one. */
  constructor(dfa: Dfa, kind: SpellingKind, spelling: Spelling = spellingOf(dfa.atoms, kind)) {
    this.#dfa = dfa
    this.#spelling = spelling
    this.#distances = distancesOf(dfa, spelling.costs)
    this.farthest = this.#distances.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0) + 4
    this.#number(0, betweenCharacters)
  }

  step(state: number, byte: number): number {
    return (this.#rows[state] ?? this.#row(state))[byte]!
  }

  accepts(state: number): boolean {
    return this.#nodes[state] === betweenCharacters && this.#dfa.accepting[this.#characters[state]!] === 1
  }

  distance(state: number): number {
    if (this.#nodes[state] === betweenCharacters) return this.#distances[this.#characters[state]!]!
    const known = this.#inCharacter.get(state)
    if (known !== undefined) return known
    let least = Infinity
    for (const to of new Set(this.#rows[state] ?? this.#row(state))) {
      if (to !== dead) least = Math.min(least, 1 + this.distance(to))
    }
    this.#inCharacter.set(state, least)
    return least
  }

  alike(state: number): number {
    this.#alike ??= alikeStates(this.#dfa, charactersAhead)
    return this.#number(this.#alike[this.#characters[state]!]!, this.#nodes[state]!)
  }

  #row(state: number): Int32Array {
    const row = new Int32Array(256)
    const character = this.#characters[state]!
    const node = this.#nodes[state]!
    for (let byte = 0; byte < 256; byte++) row[byte] = this.#after(character, node, byte)
    if (this.#kept >= mostRows) {
      this.#rows = []
      this.#kept = 0
    }
    this.#kept++
    this.#rows[state] = row
    return row
  }

  #after(character: number, node: number, byte: number): number {
    const to = this.#spelling.next[node * 256 + byte]!
    if (to === 0) return dead
    if (to > 0) return this.#mayEnd(character, to) ? this.#number(character, to) : dead
    const { atoms, next } = this.#dfa
    const after = next[character * atoms.count - 1 - to]!
    return after < 0 ? dead : this.#number(after, betweenCharacters)
  }

  #number(character: number, node: number): number {
    const key = character * this.#spelling.nodes + node
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#nodes.push(node)
    const number = this.#characters.push(character) - 1
    this.#numbers.set(key, number)
    return number
  }

  #mayEnd(character: number, node: number): boolean {
    const { atoms, next } = this.#dfa
    for (const atom of this.#spelling.atomsFrom[node]!) if (next[character * atoms.count + atom]! >= 0) return true
    return false
  }
}
