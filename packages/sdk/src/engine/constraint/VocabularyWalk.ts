/** Walks over all tokens of a vocabulary along an automaton. */
import { type ByteAutomaton, dead } from "./ByteAutomaton.ts"
import { rowLength, type StepTable, unasked } from "./StepTable.ts"
import { hasToken, maskWords, setToken, type TokenMask } from "./TokenMask.ts"
import type { TokenTrie } from "./TokenTrie.ts"

/** More nodes at which a text may end are not told one by one. */
const mostExits = 4096

/** What a walk found. */
export interface Walked {
  /** Tokens that end within the text or with it. */
  readonly mask: TokenMask
  /** Nodes at which the text may end, and tokens go on; undefined where there are thousands. */
  readonly exits: Int32Array | undefined
}

interface Visitor {
  readonly token: (id: number, state: number) => void
  readonly exit: (node: number, state: number) => void
}

export class VocabularyWalk {
  readonly #trie: TokenTrie
  /** `[node]`: its byte, and its depth above it. */
  readonly #heads: Uint16Array
  /** `[node]`: the token that ends at it; where none does, one that is above all others: so a walk has no case to tell apart. */
  readonly #tokens: Int32Array
  /** Above all ids: added to a token, it is out of the mask. */
  readonly #beyond: number
  /** `[depth]`: the row, or the state, there. */
  readonly #path = new Int32Array(256)
  readonly #exits = new Int32Array(mostExits)

  constructor(trie: TokenTrie) {
    const { bytes, depths, size, tokens, vocabSize } = trie
    this.#trie = trie
    this.#heads = Uint16Array.from(bytes, (byte, node) => byte | (depths[node]! << 8))
    this.#tokens = tokens.map((id) => (id < 0 ? vocabSize : id)).subarray(0, size)
    this.#beyond = 2 ** Math.ceil(Math.log2(vocabSize + 1))
  }

  /**
   * @param from the state before a token.
   * @param most how far the end of the text may be after one.
   */
  run(table: StepTable, from: number, most = Infinity): Walked {
    const { ends, size, vocabSize } = this.#trie
    const [heads, tokens, path] = [this.#heads, this.#tokens, this.#path]
    const marks = new Uint32Array((2 * this.#beyond) >>> 5)
    path[0] = table.rowOf(from)
    const { ending } = table
    let { next } = table
    // What is too far is marked beyond the mask.
    let far = this.#farRows(table, most)
    let [exits, node] = [0, 1]
    while (node < size) {
      const head = heads[node]!
      const depth = head >>> 8
      const row = path[depth - 1]!
      let to = next[row + (head & 255)]!
      if (to < 0) {
        if (to === unasked) {
          to = table.ask(row, head & 255)
          next = table.next
          far = this.#farRows(table, most, far)
        }
        if (to === dead) {
          node = ends[node]!
          continue
        }
      }
      if (to >= ending) {
        to -= ending
        if (ends[node]! > node + 1) {
          if (exits < mostExits) this.#exits[exits] = node
          exits++
        }
      }
      path[depth] = to
      const id = tokens[node]! | far[to >>> 8]!
      marks[id >>> 5]! |= 1 << (id & 31)
      node++
    }
    const mask = marks.slice(0, maskWords(vocabSize))
    clearAbove(mask, vocabSize)
    this.#addTwins(mask)
    return { mask, exits: exits > mostExits ? undefined : this.#exits.slice(0, exits) }
  }

  /** Tells each token that the automaton lets through, and each exit, with the state that it leads to. */
  visit(automaton: ByteAutomaton, from: number, { exit, token }: Visitor): void {
    const { bytes, depths, ends, size, tokens, twins } = this.#trie
    const path = this.#path
    path[0] = from
    let node = 1
    while (node < size) {
      const depth = depths[node]!
      const state = automaton.step(path[depth - 1]!, bytes[node]!)
      if (state === dead) {
        node = ends[node]!
        continue
      }
      path[depth] = state
      const id = tokens[node]!
      if (id >= 0) {
        token(id, state)
        for (const other of twins.get(node) ?? []) token(other, state)
      }
      if (ends[node]! > node + 1 && automaton.accepts(state)) exit(node, state)
      node++
    }
  }

  /** `[row / 256]`: 0 of a row from which the end is near enough; otherwise what takes a token out of the mask. */
  #farRows(table: StepTable, most: number, known: Int32Array = new Int32Array(0)): Int32Array {
    const count = table.size
    let far = known
    if (count > known.length) {
      far = new Int32Array(2 * count)
      far.set(known)
    }
    const from = known.length === 0 ? 0 : count - 1
    if (most < Infinity) {
      for (let i = from; i < count; i++) far[i] = table.distanceOf(i * rowLength) <= most ? 0 : this.#beyond
    }
    return far
  }

  /** Tokens of the same bytes are in a mask together. */
  #addTwins(mask: TokenMask): void {
    const { tokens, twins } = this.#trie
    for (const [node, others] of twins) {
      if (hasToken(mask, tokens[node]!)) for (const other of others) setToken(mask, other)
    }
  }
}

/** Takes out the bits of the last word that are no token's. */
function clearAbove(mask: TokenMask, vocabSize: number): void {
  const used = vocabSize & 31
  if (used > 0) mask[mask.length - 1]! &= (1 << used) - 1
}
