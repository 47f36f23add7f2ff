/**
 * Which tokens may follow a text that is being said: found out by a walk over the vocabulary, and kept for all requests. A
 * token may end within the text, or go beyond its end: what may come there is asked of whoever knows.
 */
import { type ByteAutomaton, dead } from "./ByteAutomaton.ts"
import { escapeByte } from "./ControlBytes.ts"
import { JsonKey } from "./JsonKey.ts"
import { JsonString } from "./JsonString.ts"
import { jsonNotation } from "./Notation.ts"
import { StepTable } from "./StepTable.ts"
import { StringTokens } from "./StringTokens.ts"
import { addTokens, clearToken, countTokens, idsIn, maskWords, setToken, type TokenMask } from "./TokenMask.ts"
import type { TokenTrie } from "./TokenTrie.ts"
import { VocabularyWalk } from "./VocabularyWalk.ts"

/** Tokens with a quote, with two and more, and with three and more. */
export interface Quoting {
  readonly any: ReadonlyArray<number>
  readonly pairs: ReadonlyArray<number>
  readonly several: ReadonlyArray<number>
}

/** Nodes at which a text may end, and tokens go on; undefined where there are thousands. */
export type Exits = ReadonlyArray<number> | Int32Array | undefined

/** What a walk found, as it is kept. */
interface Found {
  /** Tokens that end within the text or with it: their bits where they are many. */
  readonly bits: TokenMask | undefined
  readonly ids: Int32Array
  readonly exits: Int32Array | undefined
}

/** More tokens than this are kept as bits. */
const manyTokens = 2048

/** What the end further ahead lets through comes once in a text, and is not kept. */
const nearEnd = 64

/** Bytes of masks that are kept. */
const mostKept = 8 * 2 ** 20

/** Rows of tables that are kept; 1 kB each. */
const mostRows = 4096

export class TokenMasks {
  readonly trie: TokenTrie
  readonly #strings: StringTokens
  readonly #walk: VocabularyWalk
  /** By how far the end may be, and by the state. */
  #found = new WeakMap<ByteAutomaton, Map<number, Map<number, Found>>>()
  #kept = 0
  #tables = new WeakMap<ByteAutomaton, StepTable>()
  #rows = 0
  #quoting: Quoting | undefined

  constructor(trie: TokenTrie) {
    this.trie = trie
    this.#walk = new VocabularyWalk(trie)
    this.#strings = new StringTokens(trie, this.#walk)
  }

  /** Tokens with quotes in them. */
  get quoting(): Quoting {
    if (this.#quoting !== undefined) return this.#quoting
    const counted: Array<readonly [id: number, count: number]> = []
    const token = (id: number, count: number): void => {
      if (count > 0) counted.push([id, count])
    }
    this.#walk.visit(quotes, 0, { token, exit: () => {} })
    const atLeast = (least: number) => counted.filter(([, count]) => count >= least).map(([id]) => id)
    this.#quoting = { any: atLeast(1), pairs: atLeast(2), several: atLeast(3) }
    return this.#quoting
  }

  empty(): TokenMask {
    return new Uint32Array(maskWords(this.trie.vocabSize))
  }

  /**
   * Adds the tokens that may follow in a text.
   *
   * @param most how far the end of the text may be after a token.
   * @returns the nodes at which the text may end in the middle of a token.
   */
  add(automaton: ByteAutomaton, state: number, most: number, mask: TokenMask): Exits {
    if (automaton instanceof JsonKey) return this.#addKey(automaton, state, most, mask)
    const range = automaton instanceof JsonString ? automaton.rangeFrom(state) : undefined
    if (range !== undefined) return this.#strings.add({ ...range, most, longest: range.most }, mask)
    const isNear = automaton.farthest > most
    // Below 0 no token is let through, however far below.
    const found = isNear
      ? this.#find(automaton, state, Math.max(-1, most))
      : this.#find(automaton, automaton.alike?.(state) ?? state)
    addFound(mask, found)
    return found.exits
  }

  /** The tokens along an automaton that nobody else asks for. */
  along(automaton: ByteAutomaton, most: number): TokenMask {
    return this.#walk.run(new StepTable(automaton), automaton.start, most).mask
  }

  /** Adds the tokens that end with a text. */
  addEnding(automaton: ByteAutomaton, state: number, mask: TokenMask): void {
    addFound(mask, this.#find(automaton, state, 0))
  }

  /** All names, without those tokens that would end in one that is taken. */
  #addKey(key: JsonKey, state: number, most: number, mask: TokenMask): Exits {
    const { ends, tokens, twins } = this.trie
    const names = this.empty()
    const exits = this.add(key.anyName, key.anyNameAt(state), most, names)
    const taken = this.#takenFrom(key, state, 0)
    for (const node of taken) {
      for (let inner = node; inner < ends[node]!; inner++) {
        for (const id of [tokens[inner]!, ...(twins.get(inner) ?? [])]) if (id >= 0) clearToken(names, id)
      }
    }
    addTokens(mask, names)
    return exits?.filter((exit) => !taken.some((node) => exit >= node && exit < ends[node]!))
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

  /**
   * What a walk finds; found out once.
   *
   * @param most how far the end of the text may be after a token.
   */
  #find(automaton: ByteAutomaton, state: number, most = Infinity): Found {
    const known = this.#found.get(automaton)?.get(most)?.get(state)
    if (known !== undefined) return known
    const table = this.#table(automaton)
    const before = table.size
    const { exits, mask } = this.#walk.run(table, state, most)
    this.#rows += table.size - before
    const count = countTokens(mask)
    const isMany = count > manyTokens
    const found = { bits: isMany ? mask : undefined, ids: idsIn(mask, isMany ? 0 : count), exits }
    if (most === Infinity || most < nearEnd) this.#keep(automaton, state, most, found)
    return found
  }

  /** Not to be kept beyond a walk. */
  #table(automaton: ByteAutomaton): StepTable {
    if (this.#rows > mostRows) {
      this.#tables = new WeakMap()
      this.#rows = 0
    }
    const table = this.#tables.get(automaton) ?? new StepTable(automaton)
    this.#tables.set(automaton, table)
    return table
  }

  #keep(automaton: ByteAutomaton, state: number, most: number, found: Found): void {
    const bytes = (found.bits?.byteLength ?? 0) + found.ids.byteLength + (found.exits?.byteLength ?? 0) + 100
    if (this.#kept + bytes > mostKept) {
      this.#found = new WeakMap()
      this.#kept = 0
    }
    this.#kept += bytes
    const limits = this.#found.get(automaton) ?? new Map<number, Map<number, Found>>()
    const states = limits.get(most) ?? new Map<number, Found>()
    this.#found.set(automaton, limits.set(most, states.set(state, found)))
  }
}

function addFound(mask: TokenMask, { bits, ids }: Found): void {
  if (bits !== undefined) addTokens(mask, bits)
  for (const id of ids) setToken(mask, id)
}

/** Counts quotes. */
const quotes: ByteAutomaton = {
  id: -2,
  start: 0,
  farthest: 0,
  step: (state, byte) => (byte === jsonNotation.quote || byte === escapeByte ? state + 1 : state),
  accepts: () => false,
  distance: () => 0,
}
