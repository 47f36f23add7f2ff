/** A grammar on a vocabulary: all requests that ask for the same share it, and what it has found out. */
import type { Grammar } from "./Grammar.ts"
import { Machine, type Stack, type State } from "./Machine.ts"
import { type Quoting, setToken, type TokenMask, type TokenMasks } from "./TokenMasks.ts"

/** Masks that are kept, the last ones used: a step of a text often comes again in another. */
const mostMasks = 64

/** A mask, and how far the end may be after a token that it lets through. */
interface Measured {
  readonly mask: TokenMask
  readonly farthest: number
}

export class Automaton {
  readonly machine: Machine
  readonly #masks: TokenMasks
  readonly #known = new Map<State, Measured>()
  /** A stretch of the walk for each byte of a token's end. */
  readonly #states: Array<State> = []

  /** Whether it has objects with names of their own. */
  readonly hasNames: boolean

  constructor({ hasNames, root }: Grammar, masks: TokenMasks) {
    this.machine = new Machine(root)
    this.hasNames = hasNames
    this.#masks = masks
  }

  /** Tokens that may end a name, and of them those that may hold another. */
  get quoting(): Quoting {
    return this.#masks.quoting
  }

  get start(): State {
    return this.machine.start
  }

  bytesOf(id: number): Uint8Array {
    return this.#masks.trie.bytesOf(id)
  }

  /**
   * The tokens that may come.
   *
   * @param most how far the end may be after a token.
   * @returns bits that belong to others, too: they are not to be written.
   */
  mask(state: State, most: number): TokenMask {
    const known = this.#known.get(state) ?? this.#measure(state, Infinity)
    this.#known.delete(state)
    this.#known.set(state, known)
    if (this.#known.size > mostMasks)
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest)
        break
      }
    return known.farthest <= most ? known.mask : this.#measure(state, most).mask
  }

  #measure(state: State, most: number): Measured {
    const mask = this.#masks.empty()
    let farthest = 0
    for (const { automaton, rest, state: at } of state.arcs) {
      const cost = rest?.cost ?? 0
      const onExit = (node: number) => {
        farthest = Math.max(farthest, this.#exit(node, rest, most, mask))
      }
      farthest = Math.max(farthest, automaton.farthest + cost)
      this.#masks.add(automaton, at, most - cost, mask, onExit)
      // What follows may cost less than was reckoned: a first item has no comma before it.
      if (cost > most && this.machine.after(rest).distance <= most) this.#masks.addEnding(automaton, at, mask)
    }
    return { mask, farthest }
  }

  /** Adds the tokens that go on beyond the end of a text, from a node of theirs. Gives how far the end is then at most. */
  #exit(from: number, rest: Stack | null, most: number, mask: TokenMask): number {
    const { bytes, depths, ends, tokens, twins } = this.#masks.trie
    const { machine } = this
    const states = this.#states
    const start = depths[from]!
    states[start] = machine.after(rest)
    let farthest = 0
    const end = ends[from]!
    for (let node = from + 1; node < end;) {
      const depth = depths[node]!
      const state = machine.step(states[depth - 1]!, bytes[node]!)
      if (state === null) {
        node = ends[node]!
        continue
      }
      states[depth] = state
      const id = tokens[node]!
      if (id >= 0 && state.distance <= most) {
        farthest = Math.max(farthest, state.distance)
        setToken(mask, id)
        for (const twin of twins.get(node) ?? []) setToken(mask, twin)
      }
      node++
    }
    return farthest
  }
}
