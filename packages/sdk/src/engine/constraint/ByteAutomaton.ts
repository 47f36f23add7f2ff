/** What a piece of text may look like, byte by byte. */

/** Where an automaton stands after bytes that cannot go on: no text begins so. */
export const dead = -1

/**
 * A deterministic automaton over bytes whose states are whole numbers from 0, and from each of whose states some text
 * reaches its end: whatever it lets through can be finished.
 */
export interface ByteAutomaton {
  /** Tells automata apart. */
  readonly id: number
  readonly start: number
  /** The state after a byte, or {@link dead}. */
  step(state: number, byte: number): number
  /** Whether the text may end here. */
  accepts(state: number): boolean
  /** The fewest tokens, or a number above it, that lead to an end; 0 where it accepts. */
  distance(state: number): number
  /** No state's distance is above it. */
  readonly farthest: number
  /** A state that no token tells apart from this one: what may follow as far as a token reaches is the same. */
  alike?(state: number): number
}

let automata = 0

export const nextAutomatonId = (): number => automata++

/** Whether an automaton lets a whole text through. */
export function accepts(automaton: ByteAutomaton, bytes: Uint8Array): boolean {
  let state = automaton.start
  for (const byte of bytes) {
    state = automaton.step(state, byte)
    if (state === dead) return false
  }
  return automaton.accepts(state)
}
