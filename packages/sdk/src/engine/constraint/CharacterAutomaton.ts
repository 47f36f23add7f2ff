/** An automaton over characters that runs on bytes. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import { type CharacterStates, DfaStates } from "./CharacterStates.ts"
import { CountedStates, type LengthRange } from "./CountedStates.ts"
import type { Dfa } from "./Dfa.ts"
import { betweenCharacters, type Spelling, type SpellingKind, spellingOf } from "./Spelling.ts"

/** Bytes of a character at most: `\u00` and two digits. */
const longestCharacter = 6

/** A state is a number for that of the characters and how far the next one is spelt. */
export class CharacterAutomaton implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = 0
  readonly farthest: number
  readonly #states: CharacterStates
  readonly #spelling: Spelling
  /** What the states are numbers for: states of characters, and nodes of the spelling. */
  readonly #characters: Array<number> = []
  readonly #nodes: Array<number> = []
  readonly #numbers = new Map<number, number>()
  readonly #inCharacter = new Map<number, number>()

  /**
   * @param dfa a trimmed one.
   * @param length of the texts that are meant; where it is left out, all are.
   * @throws TooLarge
   */
  constructor(dfa: Dfa, kind: SpellingKind, length?: LengthRange) {
    this.#spelling = spellingOf(dfa.atoms, kind)
    const { costs } = this.#spelling
    this.#states = length === undefined ? new DfaStates(dfa, costs) : new CountedStates(dfa, costs, length)
    this.farthest = this.#states.farthest + longestCharacter
    this.#number(0, betweenCharacters)
  }

  step(state: number, byte: number): number {
    return this.#after(this.#characters[state]!, this.#spelling.next[this.#nodes[state]! * 256 + byte]!)
  }

  accepts(state: number): boolean {
    return this.#nodes[state] === betweenCharacters && this.#states.accepts(this.#characters[state]!)
  }

  distance(state: number): number {
    const character = this.#characters[state]!
    const node = this.#nodes[state]!
    if (node === betweenCharacters) return this.#states.distance(character)
    const known = this.#inCharacter.get(state)
    if (known !== undefined) return known
    let least = Infinity
    for (const to of this.#spelling.ways[node]!) {
      const after = this.#after(character, to)
      if (after !== dead) least = Math.min(least, 1 + this.distance(after))
    }
    this.#inCharacter.set(state, least)
    return least
  }

  alike(state: number): number {
    return this.#number(this.#states.alike(this.#characters[state]!), this.#nodes[state]!)
  }

  /** @param to what a byte leads to, as {@link Spelling} says it. */
  #after(character: number, to: number): number {
    if (to === 0) return dead
    if (to > 0) return this.#mayEnd(character, to) ? this.#number(character, to) : dead
    const after = this.#states.after(character, -1 - to)
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
    for (const atom of this.#spelling.atomsFrom[node]!) if (this.#states.after(character, atom) >= 0) return true
    return false
  }
}
