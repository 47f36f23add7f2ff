/** Deterministic automata over atoms of characters, as tables. */
import type { Atoms } from "./CodePoints.ts"

export interface Dfa {
  readonly atoms: Atoms
  /** `[states * atoms.count]`: the state after a character, -1 where none follows. The first state is the start. */
  readonly next: Int32Array
  /** `[states]`: 1 where a text may end. */
  readonly accepting: Uint8Array
}

/** Takes out the states from which no end is reached. Whether anything is left is `isEmpty`'s to say. */
export function trimmed({ accepting, atoms, next }: Dfa): Dfa {
  const live = liveStates({ accepting, atoms, next })
  return { atoms, accepting, next: next.map((to) => (to >= 0 && live[to] === 1 ? to : -1)) }
}

/** Whether it lets no text through; of a trimmed one. */
export const isEmpty = ({ accepting, next, atoms }: Dfa): boolean =>
  accepting[0] !== 1 && next.subarray(0, atoms.count).every((to) => to < 0)

function liveStates({ accepting, atoms, next }: Dfa): Uint8Array {
  const before = predecessorsOf({ accepting, atoms, next })
  const live = Uint8Array.from(accepting)
  const waiting = [...live.keys()].filter((state) => live[state] === 1)
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    for (const from of before[state] ?? []) {
      if (live[from] === 1) continue
      live[from] = 1
      waiting.push(from)
    }
  }
  return live
}

function predecessorsOf({ accepting, atoms, next }: Dfa): ReadonlyArray<ReadonlyArray<number>> {
  const before: Array<Array<number>> = Array.from(accepting, () => [])
  for (const [i, to] of next.entries()) if (to >= 0) before[to]?.push(Math.floor(i / atoms.count))
  return before
}

/**
 * What the shortest way to an end costs from each state.
 *
 * @param costs of a character of each atom.
 */
export function distancesOf({ accepting, atoms, next }: Dfa, costs: ReadonlyArray<number>): Float64Array {
  const before = predecessorsOf({ accepting, atoms, next })
  const distances = Float64Array.from(accepting, (is) => (is === 1 ? 0 : Infinity))
  let waiting = new Set([...accepting.keys()].filter((state) => accepting[state] === 1))
  while (waiting.size > 0) {
    const further = new Set<number>()
    for (const state of waiting) {
      for (const from of before[state] ?? []) {
        let least = accepting[from] === 1 ? 0 : Infinity
        for (let atom = 0; atom < atoms.count; atom++) {
          const to = next[from * atoms.count + atom]!
          if (to >= 0) least = Math.min(least, (costs[atom] ?? Infinity) + distances[to]!)
        }
        if (least >= distances[from]!) continue
        distances[from] = least
        further.add(from)
      }
    }
    waiting = further
  }
  return distances
}

/** Automata of more transitions are not looked through for states that are alike. */
const mostCompared = 300_000

/**
 * For each state the first one that lets the same texts of so many characters through, as beginnings and as whole texts: a
 * long count comes to few, as only its first and its last steps differ. Found by Moore's refinement ("Gedanken-experiments on
 * sequential machines", 1956), one character further each time.
 */
export function alikeStates({ accepting, atoms, next }: Dfa, characters: number): Int32Array {
  const count = accepting.length
  let classes: Int32Array = Int32Array.from(accepting)
  let size = 0
  for (let step = 0; step < characters && size < count; step++) {
    if (next.length * (step + 1) > mostCompared * 40 || next.length > mostCompared)
      return Int32Array.from(accepting.keys())
    const known = new Map<string, number>()
    const finer = new Int32Array(count)
    for (let state = 0; state < count; state++) {
      let key = String(classes[state])
      for (let atom = 0; atom < atoms.count; atom++) {
        const to = next[state * atoms.count + atom]!
        key += to < 0 ? "," : `,${classes[to]}`
      }
      const found = known.get(key) ?? known.size
      known.set(key, found)
      finer[state] = found
    }
    const isStable = known.size === size
    size = known.size
    classes = finer
    if (isStable) break
  }
  const first = new Map<number, number>()
  return classes.map((one, state) => {
    const representative = first.get(one) ?? state
    first.set(one, representative)
    return representative
  })
}
