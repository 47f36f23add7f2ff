/** Some texts, one of which is said. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"
import type { TokenTrie } from "./TokenTrie.ts"

/** A trie of texts. A state is a node; they are numbered such that whatever follows a node comes after it. */
export class Choices implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start = 0
  readonly farthest: number
  readonly #bytes: Uint8Array
  readonly #firstChild: Int32Array
  readonly #sibling: Int32Array
  readonly #accepting: Uint8Array
  readonly #distances: Int32Array

  /**
   * @param texts at least one; what comes twice is one.
   * @param tokens what they are said in: then it is known in how few. Otherwise each byte counts as one.
   */
  constructor(texts: ReadonlyArray<Uint8Array>, tokens?: TokenTrie) {
    const sorted = texts.toSorted(compareBytes)
    const capacity = 1 + texts.reduce((sum, text) => sum + text.length, 0)
    this.#bytes = new Uint8Array(capacity)
    this.#firstChild = new Int32Array(capacity)
    this.#sibling = new Int32Array(capacity)
    this.#accepting = new Uint8Array(capacity)
    const count = this.#fill(sorted)
    this.#distances = this.#measure(count, tokens)
    this.farthest = this.#distances.reduce((most, one) => Math.max(most, one), 0)
  }

  step(state: number, byte: number): number {
    for (let child = this.#firstChild[state]!; child !== 0; child = this.#sibling[child]!) {
      if (this.#bytes[child] === byte) return child
    }
    return dead
  }

  accepts(state: number): boolean {
    return this.#accepting[state] === 1
  }

  distance(state: number): number {
    return this.#distances[state]!
  }

  /** The nodes of the text before lie on one path: what two neighbours share is not made twice. */
  #fill(sorted: ReadonlyArray<Uint8Array>): number {
    let count = 1
    const path: Array<number> = [0]
    let before: Uint8Array = new Uint8Array(0)
    for (const text of sorted) {
      let shared = 0
      while (shared < text.length && shared < before.length && text[shared] === before[shared]) shared++
      path.length = shared + 1
      for (let i = shared; i < text.length; i++) {
        const parent = path[i]!
        const node = count++
        this.#bytes[node] = text[i]!
        // The newest goes first: its siblings are done with.
        this.#sibling[node] = this.#firstChild[parent]!
        this.#firstChild[parent] = node
        path.push(node)
      }
      this.#accepting[path[text.length]!] = 1
      before = text
    }
    return count
  }

  #measure(count: number, tokens: TokenTrie | undefined): Int32Array {
    const distances = new Int32Array(count)
    for (let node = count - 1; node >= 0; node--) {
      if (this.#accepting[node] === 1) continue
      let least = Infinity
      for (let child = this.#firstChild[node]!; child !== 0; child = this.#sibling[child]!) {
        least = Math.min(least, distances[child]! + 1)
      }
      distances[node] = tokens === undefined ? least : Math.min(least, this.#inTokens(node, tokens, distances))
    }
    return distances
  }

  /** How few tokens lead from a node to an end, where it is known of those behind it. */
  #inTokens(node: number, trie: TokenTrie, distances: Int32Array): number {
    let least = Infinity
    const waiting: Array<readonly [node: number, place: number]> = [[node, 0]]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [from, place] = next
      for (let child = this.#firstChild[from]!; child !== 0; child = this.#sibling[child]!) {
        const after = trie.child(place, this.#bytes[child]!)
        if (after === 0) continue
        if (trie.tokens[after]! >= 0) least = Math.min(least, distances[child]! + 1)
        waiting.push([child, after])
      }
    }
    return least
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}
