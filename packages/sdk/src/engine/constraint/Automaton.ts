/** A grammar on a vocabulary: all requests that ask for the same share it, and what it has found out. */
import type { Grammar } from "./Grammar.ts"
import { Machine, type State } from "./Machine.ts"
import { NumberedMachine } from "./NumberedMachine.ts"
import { setToken, type TokenMask } from "./TokenMask.ts"
import type { Quoting, TokenMasks } from "./TokenMasks.ts"

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

  /** Tokens that may end a name, that may hold one, and that may end one and hold another. */
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
    const kept = this.#known.get(state)
    if (kept === undefined && farthestWithin(state) > most) return this.#measure(state, most).mask
    const known = kept ?? this.#measure(state, Infinity)
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
      const after = this.machine.after(rest)
      const exits = this.#masks.add(automaton, at, most - cost, mask)
      farthest = Math.max(farthest, automaton.farthest + cost)
      // What follows may cost less than was reckoned: a first item has no comma before it.
      if (cost > most && after.distance <= most) this.#masks.addEnding(automaton, at, mask)
      if (after.arcs.length === 0) continue
      // Where tokens go on at thousands of places, all of what they may say is followed in one walk.
      if (exits === undefined) return this.#measureWhole(state, most)
      for (const node of exits) farthest = Math.max(farthest, this.#exit(node, after, most, mask))
    }
    return { mask, farthest }
  }

  #measureWhole(state: State, most: number): Measured {
    const whole = new NumberedMachine(this.machine, state)
    return { mask: this.#masks.along(whole, most), farthest: whole.farthest }
  }

  /** Adds the tokens that go on beyond the end of a text, from a node of theirs. Gives how far the end is then at most. */
  #exit(from: number, after: State, most: number, mask: TokenMask): number {
    const { bytes, depths, ends, tokens, twins } = this.#masks.trie
    const { machine } = this
    const states = this.#states
    const start = depths[from]!
    states[start] = after
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

/** How far the end may be after a token that ends within the texts of a state. */
const farthestWithin = ({ arcs }: State): number =>
  arcs.reduce((farthest, { automaton, rest }) => Math.max(farthest, automaton.farthest + (rest?.cost ?? 0)), 0)
