/** A pushdown automaton whose states are numbers, so that a walk over the vocabulary runs along all of it at once. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import type { Machine, State } from "./Machine.ts"

export class NumberedMachine implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = 0
  /** Of the states that have been reached. */
  farthest = 0
  readonly #machine: Machine
  readonly #states: Array<State> = []
  readonly #numbers = new Map<State, number>()

  /** @param from what its start is. */
  constructor(machine: Machine, from: State) {
    this.#machine = machine
    this.#number(from)
  }

  step(state: number, byte: number): number {
    const after = this.#machine.step(this.#states[state]!, byte)
    return after === null ? dead : this.#number(after)
  }

  /** Nothing goes on beyond the end of it. */
  accepts(): boolean {
    return false
  }

  distance(state: number): number {
    return this.#states[state]!.distance
  }

  #number(state: State): number {
    const known = this.#numbers.get(state)
    if (known !== undefined) return known
    const number = this.#states.push(state) - 1
    this.#numbers.set(state, number)
    this.farthest = Math.max(this.farthest, state.distance)
    return number
  }
}
