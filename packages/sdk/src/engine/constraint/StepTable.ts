/** What bytes lead to in an automaton, as a table that fills while it is used: a walk over a vocabulary asks half a million times. */
import { type ByteAutomaton, dead } from "./ByteAutomaton.ts"

/** Of a cell that nobody has asked for. */
export const unasked = -2

/** Bytes that a row is for. */
export const rowLength = 256

/** Each state that is reached has a row. A row is named by where it begins in {@link next}. */
export class StepTable {
  /**
   * `[rows * 256]`: the row after a byte, and {@link ending} above it where a text may end; `dead`; or {@link unasked}.
   * Another one once it has grown.
   */
  next = new Int32Array(4 * rowLength)
  readonly ending = 2 ** 30
  readonly #automaton: ByteAutomaton
  readonly #states: Array<number> = []
  readonly #rows = new Map<number, number>()
  readonly #distances: Array<number | undefined> = []

  constructor(automaton: ByteAutomaton) {
    this.#automaton = automaton
  }

  /** Rows so far. */
  get size(): number {
    return this.#states.length
  }

  rowOf(state: number): number {
    const known = this.#rows.get(state)
    if (known !== undefined) return known
    const index = this.#states.push(state) - 1
    const row = index * rowLength
    if (row >= this.next.length) this.#grow()
    this.next.fill(unasked, row, row + rowLength)
    this.#rows.set(state, row)
    return row
  }

  stateOf(row: number): number {
    return this.#states[row / rowLength]!
  }

  distanceOf(row: number): number {
    const index = row / rowLength
    return (this.#distances[index] ??= this.#automaton.distance(this.#states[index]!))
  }

  /** Finds out what a cell holds. */
  ask(row: number, byte: number): number {
    const state = this.#automaton.step(this.stateOf(row), byte)
    const to = state === dead ? dead : this.rowOf(state) + (this.#automaton.accepts(state) ? this.ending : 0)
    this.next[row + byte] = to
    return to
  }

  #grow(): void {
    const { next } = this
    this.next = new Int32Array(next.length * 2)
    this.next.set(next)
  }
}
