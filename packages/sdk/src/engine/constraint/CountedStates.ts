/**
 * The states of an automaton over characters of whose texts only those of some lengths are meant: a count stands beside the
 * state, so that a length of thousands makes no more states than one of ten.
 */
import { type CharacterStates, charactersAhead, DfaStates, highest } from "./CharacterStates.ts"
import type { Atoms } from "./CodePoints.ts"
import type { Dfa } from "./Dfa.ts"
import { TooLarge } from "./Language.ts"

/** Of a text, in code points. */
export interface LengthRange {
  readonly least: number
  /** May be Infinity. */
  readonly most: number
}

/** Steps of finding out how far the end is; they take some hundred milliseconds. */
const mostSteps = 30_000_000
/** Distances that are kept; 8 bytes each. */
const mostDistances = 2_000_000
/** As many would fit into what a list of them takes. */
const listCost = 64

export class CountedStates implements CharacterStates {
  readonly atoms: Atoms
  readonly farthest: number
  readonly #uncounted: DfaStates
  readonly #size: number
  readonly #length: LengthRange
  /** `[n][state]`: how far the end is where n characters may come; the last one holds for more, too. */
  readonly #below: ReadonlyArray<Float64Array<ArrayBuffer>>
  /** `[n][state]`: the same where n characters must come yet; the first one stands for none. */
  readonly #above: ReadonlyArray<Float64Array>

  /**
   * @param dfa a trimmed one.
   * @param costs of a character of each atom.
   * @throws TooLarge
   */
  constructor(dfa: Dfa, costs: ReadonlyArray<number>, length: LengthRange) {
    this.atoms = dfa.atoms
    this.#uncounted = new DfaStates(dfa, costs)
    this.#size = dfa.accepting.length
    this.#length = length
    const measure = new Measure(dfa, costs)
    this.#below = measure.below(length.most - length.least)
    this.#above = measure.above(this.#below.at(-1)!, length.least)
    this.farthest = Math.max(...[...this.#below, ...this.#above].map(highest))
  }

  after(state: number, atom: number): number {
    const { least, most } = this.#length
    const inner = state % this.#size
    const count = (state - inner) / this.#size
    const to = count < most ? this.#uncounted.after(inner, atom) : -1
    if (to < 0) return -1
    // Where no more is counted, counts are one.
    const counted = most === Infinity ? Math.min(count + 1, least) : count + 1
    const after = counted * this.#size + to
    return this.distance(after) === Infinity ? -1 : after
  }

  accepts(state: number): boolean {
    const inner = state % this.#size
    return this.#uncounted.accepts(inner) && (state - inner) / this.#size >= this.#length.least
  }

  distance(state: number): number {
    const { least, most } = this.#length
    const inner = state % this.#size
    const count = (state - inner) / this.#size
    if (count < least) return this.#above[least - count]![inner]!
    return this.#below[Math.min(most - count, this.#below.length - 1)]![inner]!
  }

  alike(state: number): number {
    const { least, most } = this.#length
    const inner = state % this.#size
    const count = (state - inner) / this.#size
    // No token reaches so far that a length would end what may come.
    const ahead = charactersAhead + this.#below.length
    if (count < least || most - count < ahead) return state
    return least * this.#size + this.#uncounted.alike(inner)
  }
}

/** Finds out how far the end is from each state, one character more at a time. */
class Measure {
  readonly #dfa: Dfa
  readonly #costs: ReadonlyArray<number>
  #steps = 0
  #kept = 0

  constructor(dfa: Dfa, costs: ReadonlyArray<number>) {
    this.#dfa = dfa
    this.#costs = costs
  }

  /** Where 0, 1, … characters may come, up to so many, or until more make no difference. */
  below(most: number): Array<Float64Array<ArrayBuffer>> {
    const ends = Float64Array.from(this.#dfa.accepting, (is) => (is === 1 ? 0 : Infinity))
    const below = [ends]
    for (let last = ends; below.length <= most;) {
      const next = this.#before(last, ends)
      if (next.every((one, i) => one === last[i])) break
      below.push(next)
      last = next
    }
    return below
  }

  /** Where so many characters must come. */
  above(enough: Float64Array<ArrayBuffer>, least: number): Array<Float64Array<ArrayBuffer>> {
    const above = [enough]
    const none = enough.map(() => Infinity)
    while (above.length <= least) above.push(this.#before(above.at(-1)!, none))
    return above
  }

  /** @param ends what it costs to end at once. */
  #before(after: Float64Array, ends: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
    const { atoms, next } = this.#dfa
    this.#steps += next.length
    this.#kept += ends.length + listCost
    if (this.#steps > mostSteps || this.#kept > mostDistances) throw new TooLarge()
    return ends.map((end, state) => {
      let least = end
      for (let atom = 0; atom < atoms.count; atom++) {
        const to = next[state * atoms.count + atom]!
        if (to >= 0) least = Math.min(least, this.#costs[atom]! + after[to]!)
      }
      return least
    })
  }
}
