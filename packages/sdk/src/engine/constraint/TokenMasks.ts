/**
 * Which tokens may follow a text that is being said: found out by a walk over the vocabulary, and kept for all requests. A
 * token may end within the text, or go beyond its end: what may come there is asked of whoever knows.
 */
import { type ByteAutomaton, dead } from "./ByteAutomaton.ts"
import { JsonKey } from "./JsonKey.ts"
import { anyString, jsonCharacters, JsonString, outside } from "./JsonString.ts"
import type { TokenTrie } from "./TokenTrie.ts"

/** Tokens that may follow, as bits by their ids. */
export type TokenMask = Uint32Array

export const setToken = (mask: TokenMask, id: number): void => {
  mask[id >>> 5]! |= 1 << (id & 31)
}
export const clearToken = (mask: TokenMask, id: number): void => {
  mask[id >>> 5]! &= ~(1 << (id & 31))
}
export const hasToken = (mask: TokenMask, id: number): boolean => (mask[id >>> 5]! & (1 << (id & 31))) !== 0

/** Tokens with a quote, and those of three and more. */
export interface Quoting {
  readonly any: ReadonlyArray<number>
  readonly several: ReadonlyArray<number>
}

/** What a walk found. */
interface Found {
  /** Tokens that end within the text or with it: their bits where they are many. */
  readonly bits: TokenMask | undefined
  readonly ids: Int32Array
  /** Nodes at which the text may end, and tokens go on. */
  readonly exits: Int32Array
}

/** More tokens than this are kept as bits. */
const manyTokens = 2048

/** Bytes of masks that are kept. */
const mostKept = 8 * 2 ** 20

export class TokenMasks {
  readonly trie: TokenTrie
  /** `Uint32` words of a mask. */
  readonly words: number
  readonly #strings: StringTokens
  readonly #walk: Walk
  #found = new Map<number, Map<number, Found>>()
  #kept = 0
  #farthest = new Map<number, Map<number, number>>()
  #quoting: Quoting | undefined

  constructor(trie: TokenTrie) {
    this.trie = trie
    this.words = (trie.vocabSize + 31) >>> 5
    this.#walk = new Walk(trie)
    this.#strings = new StringTokens(trie, this.words)
  }

  /** Tokens with quotes in them. */
  get quoting(): Quoting {
    if (this.#quoting !== undefined) return this.#quoting
    const [any, several]: [Array<number>, Array<number>] = [[], []]
    const token = (id: number, count: number): void => {
      if (count >= 1) any.push(id)
      if (count >= 3) several.push(id)
    }
    this.#walk.run(quotes, 0, { token, exit: () => {} })
    this.#quoting = { any, several }
    return this.#quoting
  }

  empty(): TokenMask {
    return new Uint32Array(this.words)
  }

  /**
   * Adds the tokens that may follow in a text.
   *
   * @param most how far the end of the text may be after a token.
   * @param onExit told each node at which the text may end in the middle of a token.
   */
  add(automaton: ByteAutomaton, state: number, most: number, mask: TokenMask, onExit: (node: number) => void): void {
    if (automaton instanceof JsonKey) return this.#addKey(automaton, state, most, mask, onExit)
    const range = automaton instanceof JsonString ? automaton.rangeFrom(state) : undefined
    if (range !== undefined) return this.#strings.add({ ...range, most, longest: range.most }, mask, onExit)
    if (automaton.farthest > most && this.#farthestFrom(automaton, state) > most) {
      return this.#addNear(automaton, state, most, mask, onExit)
    }
    const { bits, exits, ids } = this.#findFrom(automaton, automaton.alike?.(state) ?? state)
    if (bits !== undefined) for (let i = 0; i < bits.length; i++) mask[i]! |= bits[i]!
    for (const id of ids) setToken(mask, id)
    for (const node of exits) onExit(node)
  }

  /** Adds the tokens that end with a text. */
  addEnding(automaton: ByteAutomaton, state: number, mask: TokenMask): void {
    const token = (id: number, after: number) => {
      if (automaton.accepts(after)) setToken(mask, id)
    }
    this.#walk.run(automaton, state, { token, exit: () => {} })
  }

  /** How far the end is at most after a token. */
  #farthestFrom(automaton: ByteAutomaton, state: number): number {
    const states = this.#farthest.get(automaton.id) ?? new Map<number, number>()
    const known = states.get(state)
    if (known !== undefined) return known
    let farthest = 0
    const token = (_id: number, after: number) => void (farthest = Math.max(farthest, automaton.distance(after)))
    this.#walk.run(automaton, state, { token, exit: () => {} })
    states.set(state, farthest)
    this.#farthest.set(automaton.id, states)
    return farthest
  }

  #addNear(automaton: ByteAutomaton, state: number, most: number, mask: TokenMask, exit: (node: number) => void): void {
    const token = (id: number, after: number) => {
      if (automaton.distance(after) <= most) setToken(mask, id)
    }
    this.#walk.run(automaton, state, { token, exit })
  }

  /** All names, without those tokens that would end in one that is taken. */
  #addKey(key: JsonKey, state: number, most: number, mask: TokenMask, onExit: (node: number) => void): void {
    const { ends, tokens, twins } = this.trie
    const names = this.empty()
    const exits: Array<number> = []
    this.add(key.anyName, key.anyNameAt(state), most, names, (node) => void exits.push(node))
    const taken = this.#takenFrom(key, state, 0)
    for (const node of taken) {
      for (let inner = node; inner < ends[node]!; inner++) {
        for (const id of [tokens[inner]!, ...(twins.get(inner) ?? [])]) if (id >= 0) clearToken(names, id)
      }
    }
    for (let i = 0; i < names.length; i++) mask[i]! |= names[i]!
    for (const exit of exits) if (!taken.some((node) => exit >= node && exit < ends[node]!)) onExit(exit)
  }

  /** The nodes, from one on, below which every token ends in a name that is taken. */
  #takenFrom(key: JsonKey, state: number, node: number): ReadonlyArray<number> {
    const nodes: Array<number> = []
    for (const byte of key.taken(state)) {
      const child = this.trie.child(node, byte)
      if (child === 0) continue
      const after = key.step(state, byte)
      if (after === dead) nodes.push(child)
      else nodes.push(...this.#takenFrom(key, after, child))
    }
    return nodes
  }

  #findFrom(automaton: ByteAutomaton, state: number): Found {
    const known = this.#found.get(automaton.id)?.get(state)
    if (known !== undefined) return known
    const ids: Array<number> = []
    const exits: Array<number> = []
    this.#walk.run(automaton, state, { token: (id) => void ids.push(id), exit: (node) => void exits.push(node) })
    const isMany = ids.length > manyTokens
    const bits = isMany ? this.empty() : undefined
    if (bits !== undefined) for (const id of ids) setToken(bits, id)
    const found = { bits, ids: Int32Array.from(isMany ? [] : ids), exits: Int32Array.from(exits) }
    this.#keep(automaton, state, found)
    return found
  }

  #keep(automaton: ByteAutomaton, state: number, found: Found): void {
    const bytes = (found.bits?.byteLength ?? 0) + found.ids.byteLength + found.exits.byteLength + 100
    if (this.#kept + bytes > mostKept) {
      this.#found = new Map()
      this.#farthest = new Map()
      this.#kept = 0
    }
    this.#kept += bytes
    const states = this.#found.get(automaton.id) ?? new Map<number, Found>()
    states.set(state, found)
    this.#found.set(automaton.id, states)
  }
}

interface Visitor {
  readonly token: (id: number, state: number) => void
  readonly exit: (node: number, state: number) => void
}

/** A walk over all tokens along an automaton. */
class Walk {
  readonly #trie: TokenTrie
  readonly #states = new Int32Array(256)

  constructor(trie: TokenTrie) {
    this.#trie = trie
  }

  run(automaton: ByteAutomaton, from: number, { exit, token }: Visitor): void {
    const { bytes, depths, ends, size, tokens, twins } = this.#trie
    const states = this.#states
    states[0] = from
    let node = 1
    while (node < size) {
      const depth = depths[node]!
      const state = automaton.step(states[depth - 1]!, bytes[node]!)
      if (state === dead) {
        node = ends[node]!
        continue
      }
      states[depth] = state
      const id = tokens[node]!
      if (id >= 0) {
        token(id, state)
        const others = twins.get(node)
        if (others !== undefined) for (const other of others) token(other, state)
      }
      if (ends[node]! > node + 1 && automaton.accepts(state)) exit(node, state)
      node++
    }
  }
}

/** What a place in a string lets through: so many characters, and an end that is so near. */
interface StringRange {
  readonly least: number
  readonly longest: number
  readonly most: number
}

/** How many characters a token adds to a JSON string, if it may stand there: what a length limit asks. */
class StringTokens {
  readonly #words: number
  /** Tokens of whole characters that stay in the string, by how many they are. */
  readonly #whole: Array<Array<number>> = []
  /** `[n]`: those of at most n characters. */
  readonly #upTo: Array<TokenMask> = []
  /** Tokens that end in the middle of a character, with the characters that have begun, and the bytes that this one lacks. */
  readonly #parts: Array<readonly [characters: number, missing: number, id: number]> = []
  /** Tokens that end the string and no more, after so many characters. */
  readonly #closing: Array<readonly [characters: number, id: number]> = []
  readonly #exits: Array<readonly [characters: number, node: number]> = []

  constructor(trie: TokenTrie, words: number) {
    this.#words = words
    const counts = new CountedString()
    new Walk(trie).run(counts, 0, {
      token: (id, state) => {
        const characters = counts.characters(state)
        const missing = counts.missing(state)
        if (counts.accepts(state)) this.#closing.push([characters, id])
        else if (missing > 0) this.#parts.push([characters + 1, missing, id])
        else (this.#whole[characters] ??= []).push(id)
      },
      exit: (node, state) => void this.#exits.push([counts.characters(state), node]),
    })
  }

  add({ least, longest, most }: StringRange, mask: TokenMask, onExit: (node: number) => void): void {
    // Behind whole characters the end is as far as the characters that must follow, and the quote.
    if (most >= 1) this.#addWhole(least + 1 - most, longest, mask)
    for (const [characters, missing, id] of this.#parts) {
      if (characters <= longest && Math.max(0, least - characters) + missing < most) setToken(mask, id)
    }
    for (const [characters, id] of this.#closing) {
      if (characters >= least && characters <= longest && most >= 0) setToken(mask, id)
    }
    for (const [characters, node] of this.#exits) if (characters >= least && characters <= longest) onExit(node)
  }

  /** Tokens of whole characters, at least and at most so many. */
  #addWhole(fewest: number, longest: number, mask: TokenMask): void {
    const last = Math.min(longest, this.#whole.length - 1)
    if (fewest > 1) {
      for (let count = fewest; count <= last; count++) for (const id of this.#whole[count] ?? []) setToken(mask, id)
      return
    }
    const bits = this.#bits(last)
    for (let i = 0; i < bits.length; i++) mask[i]! |= bits[i]!
  }

  #bits(longest: number): TokenMask {
    const known = this.#upTo[longest]
    if (known !== undefined) return known
    const bits = longest > 0 ? this.#bits(longest - 1).slice() : new Uint32Array(this.#words)
    for (const id of this.#whole[longest] ?? []) setToken(bits, id)
    this.#upTo[longest] = bits
    return bits
  }
}

/** The inside of a string, with a count of its characters. */
class CountedString implements ByteAutomaton {
  readonly id = -1
  readonly start = 0
  readonly farthest = 0
  static readonly #size = 4096

  step(state: number, byte: number): number {
    const size = CountedString.#size
    const inner = state % size
    const after = anyString.step(inner + outside, byte)
    if (after === dead || inner === size - 1) return dead
    if (after < outside) return state - inner + size - 1
    // Between two characters again: one more.
    return after === outside ? state - inner + size : state - inner + after - outside
  }

  accepts(state: number): boolean {
    return state % CountedString.#size === CountedString.#size - 1
  }

  distance(): number {
    return 0
  }

  characters(state: number): number {
    return Math.floor(state / CountedString.#size)
  }

  /** The bytes that the character which has begun lacks; 0 between two. */
  missing(state: number): number {
    const inner = state % CountedString.#size
    return inner === 0 || this.accepts(state) ? 0 : jsonCharacters.shortest[inner]!
  }
}

/** Counts quotes. */
const quotes: ByteAutomaton = {
  id: -2,
  start: 0,
  farthest: 0,
  step: (state, byte) => (byte === 0x22 ? state + 1 : state),
  accepts: () => false,
  distance: () => 0,
}
