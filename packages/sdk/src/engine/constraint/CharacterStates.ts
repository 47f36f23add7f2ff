/** The states of an automaton over characters, as whoever runs it on bytes needs them. */
import type { Atoms } from "./CodePoints.ts"
import { alikeStates, type Dfa, distancesOf } from "./Dfa.ts"

/** The most characters of a token in Gemma's vocabularies: 31 spaces, and the text and end of a few longer words. */
export const charactersAhead = 64

/** States are whole numbers, the start is 0, and each leads to an end. */
export interface CharacterStates {
  readonly atoms: Atoms
  /** The state after a character of an atom; -1 where none follows. */
  after(state: number, atom: number): number
  accepts(state: number): boolean
  /** What the shortest way to an end costs. */
  distance(state: number): number
  /** No state's distance is above it. */
  readonly farthest: number
  /** A state that {@link charactersAhead} characters do not tell apart from this one. */
  alike(state: number): number
}

/** Those of a table. */
export class DfaStates implements CharacterStates {
  readonly atoms: Atoms
  readonly farthest: number
  readonly #dfa: Dfa
  readonly #distances: Float64Array
  #alike: Int32Array | undefined

  /**
   * @param dfa a trimmed one.
   * @param costs of a character of each atom.
   */
  constructor(dfa: Dfa, costs: ReadonlyArray<number>) {
    this.#dfa = dfa
    this.atoms = dfa.atoms
    this.#distances = distancesOf(dfa, costs)
    this.farthest = highest(this.#distances)
  }

  after(state: number, atom: number): number {
    return this.#dfa.next[state * this.atoms.count + atom]!
  }

  accepts(state: number): boolean {
    return this.#dfa.accepting[state] === 1
  }

  distance(state: number): number {
    return this.#distances[state]!
  }

  alike(state: number): number {
    this.#alike ??= alikeStates(this.#dfa, charactersAhead)
    return this.#alike[state]!
  }
}

/** The highest of some distances that is not Infinity. */
export const highest = (distances: Float64Array): number =>
  distances.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0)
