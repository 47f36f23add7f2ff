/** An automaton over characters that runs on bytes. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import { type Dfa, distancesOf } from "./Dfa.ts"
import { betweenCharacters, type Spelling, type SpellingKind, spellingOf } from "./Spelling.ts"

/** A state is that of the characters, and how far the next one is spelt. */
export class CharacterAutomaton implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = 0
  readonly farthest: number
  readonly #dfa: Dfa
  readonly #spelling: Spelling
  readonly #distances: Float64Array
  readonly #inCharacter = new Map<number, number>()

  /** @param dfa a trimmed one. */
  constructor(dfa: Dfa, kind: SpellingKind, spelling: Spelling = spellingOf(dfa.atoms, kind)) {
    this.#dfa = dfa
    this.#spelling = spelling
    this.#distances = distancesOf(dfa, spelling.costs)
    this.farthest = this.#distances.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0) + 4
  }

  step(state: number, byte: number): number {
    const { next, nodes } = this.#spelling
    const node = state % nodes
    const to = next[node * 256 + byte]!
    if (to === 0) return dead
    const { atoms, next: table } = this.#dfa
    const character = (state - node) / nodes
    if (to < 0) {
      const after = table[character * atoms.count - 1 - to]!
      return after < 0 ? dead : after * nodes
    }
    return this.#mayEnd(character, to) ? state - node + to : dead
  }

  accepts(state: number): boolean {
    const { nodes } = this.#spelling
    return state % nodes === betweenCharacters && this.#dfa.accepting[state / nodes] === 1
  }

  distance(state: number): number {
    const { nodes } = this.#spelling
    const node = state % nodes
    if (node === betweenCharacters) return this.#distances[state / nodes]!
    const known = this.#inCharacter.get(state)
    if (known !== undefined) return known
    let least = Infinity
    for (let byte = 0; byte < 256; byte++) {
      const to = this.step(state, byte)
      if (to !== dead) least = Math.min(least, 1 + this.distance(to))
    }
    this.#inCharacter.set(state, least)
    return least
  }

  #mayEnd(character: number, node: number): boolean {
    const { atoms, next } = this.#dfa
    for (const atom of this.#spelling.atomsFrom[node]!) if (next[character * atoms.count + atom]! >= 0) return true
    return false
  }
}
