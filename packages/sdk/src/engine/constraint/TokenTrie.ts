/**
 * A vocabulary's tokens by their bytes, as one flat trie that all requests of a model share. The nodes lie in the order of a
 * walk, each with the place where its subtree ends: a walk is one loop, and what is refused is skipped by a jump.
 */
import type { Sliced } from "../../words/Sliced.ts"

/** Tokens a slice of building takes. */
const slice = 4096

/** A token that is longer is never forced and never allowed; there is none in Gemma's vocabularies. */
const longestToken = 254

export interface TokenBytes {
  /** Ids are below it. */
  readonly vocabSize: number
  /** A token's bytes; none of a control token, or of an id that stands for nothing. */
  readonly bytesOf: (id: number) => Uint8Array
}

export class TokenTrie {
  readonly vocabSize: number
  /** Nodes, the root included, which is the first. */
  readonly size: number
  /** `[size]`: the byte that leads to a node. */
  readonly bytes: Uint8Array
  /** `[size]`: how many bytes lead to it. */
  readonly depths: Uint8Array
  /** `[size]`: one more than the last node of its subtree. */
  readonly ends: Int32Array
  /** `[size]`: the token that ends at it; -1 where none does. */
  readonly tokens: Int32Array
  /** Further tokens of the same bytes, such as a byte token's. */
  readonly twins: ReadonlyMap<number, ReadonlyArray<number>>
  readonly #bytesOf: (id: number) => Uint8Array
  readonly #first = new Int32Array(256)

  constructor(tokens: TokenBytes, flat: FlatTrie, twins: ReadonlyMap<number, ReadonlyArray<number>>) {
    this.vocabSize = tokens.vocabSize
    this.#bytesOf = tokens.bytesOf
    this.size = flat.bytes.length
    this.bytes = flat.bytes
    this.depths = flat.depths
    this.ends = flat.ends
    this.tokens = flat.tokens
    this.twins = twins
    for (let node = 1; node < this.size; node = this.ends[node]!) this.#first[this.bytes[node]!] = node
  }

  bytesOf(id: number): Uint8Array {
    return this.#bytesOf(id)
  }

  /** The node that a byte leads to; 0 where none does. */
  child(node: number, byte: number): number {
    if (node === 0) return this.#first[byte]!
    const end = this.ends[node]!
    for (let child = node + 1; child < end; child = this.ends[child]!) if (this.bytes[child] === byte) return child
    return 0
  }

  /** The bytes that no token spells alone, so that a text may need what cannot be said. */
  get unspellable(): ReadonlyArray<number> {
    const missing: Array<number> = []
    for (let byte = 0; byte < 256; byte++) if (this.tokens[this.#first[byte]!]! < 0) missing.push(byte)
    return missing
  }
}

interface FlatTrie {
  readonly bytes: Uint8Array
  readonly depths: Uint8Array
  readonly ends: Int32Array
  readonly tokens: Int32Array
}

/** Builds the trie of a vocabulary. */
export function* buildTokenTrie(tokens: TokenBytes): Sliced<TokenTrie> {
  const links = new Links()
  const ending = new Map<number, Array<number>>()
  const last = new Int32Array(tokens.vocabSize)
  for (let id = 0; id < tokens.vocabSize; id++) {
    if (id % slice === slice - 1) yield
    const bytes = tokens.bytesOf(id)
    if (bytes.length === 0 || bytes.length > longestToken) continue
    let node = 0
    for (const byte of bytes) node = links.child(node, byte)
    last[id] = node
  }
  yield
  const places = new Int32Array(links.count)
  const flat = yield* flatten(links, places)
  for (let id = 0; id < tokens.vocabSize; id++) {
    if (last[id] === 0) continue
    const place = places[last[id]!]!
    if (flat.tokens[place]! < 0) flat.tokens[place] = id
    else ending.set(place, [...(ending.get(place) ?? []), id])
  }
  return new TokenTrie(tokens, flat, ending)
}

/** A trie that grows: children by a hash of parent and byte, and as lists. */
class Links {
  count = 1
  firstChild = new Int32Array(1 << 16)
  sibling = new Int32Array(1 << 16)
  bytes = new Uint8Array(1 << 16)
  #keys = new Int32Array(1 << 17)
  #nodes = new Int32Array(1 << 17)

  /** The child, made if it was not there. */
  child(parent: number, byte: number): number {
    const key = parent * 256 + byte + 1
    let slot = this.#slot(key)
    if (this.#keys[slot] === key) return this.#nodes[slot]!
    if (this.count * 2 >= this.#keys.length) {
      this.#grow()
      slot = this.#slot(key)
    }
    const node = this.count++
    this.#keys[slot] = key
    this.#nodes[slot] = node
    this.bytes[node] = byte
    this.sibling[node] = this.firstChild[parent]!
    this.firstChild[parent] = node
    return node
  }

  #slot(key: number): number {
    const mask = this.#keys.length - 1
    let slot = Math.imul(key, 0x9e3779b1) >>> 0
    slot = (slot ^ (slot >>> 15)) & mask
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [keys, nodes] = [this.#keys, this.#nodes]
    this.#keys = new Int32Array(keys.length * 2)
    this.#nodes = new Int32Array(keys.length * 2)
    for (const [i, key] of keys.entries()) {
      if (key === 0) continue
      const slot = this.#slot(key)
      this.#keys[slot] = key
      this.#nodes[slot] = nodes[i]!
    }
    this.firstChild = grown(this.firstChild, new Int32Array(keys.length))
    this.sibling = grown(this.sibling, new Int32Array(keys.length))
    this.bytes = grown(this.bytes, new Uint8Array(keys.length))
  }
}

function grown<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}

/** @param places is told where each node lies. */
function* flatten({ bytes, count, firstChild, sibling }: Links, places: Int32Array): Sliced<FlatTrie> {
  const flat: FlatTrie = {
    bytes: new Uint8Array(count),
    depths: new Uint8Array(count),
    ends: new Int32Array(count),
    tokens: new Int32Array(count).fill(-1),
  }
  const path = new Int32Array(longestToken + 2)
  let [at, depth, node] = [0, 0, 0]
  for (;;) {
    places[node] = at
    flat.bytes[at] = bytes[node]!
    flat.depths[at] = depth
    path[depth] = node
    at++
    if (at % (slice * 16) === 0) yield
    if (firstChild[node] !== 0) {
      node = firstChild[node]!
      depth++
      continue
    }
    // Up until there is a sibling; whatever is left on the way has its subtree behind it.
    for (;;) {
      flat.ends[places[path[depth]!]!] = at
      if (depth === 0) return flat
      const next = sibling[path[depth]!]!
      if (next !== 0) {
        node = next
        break
      }
      depth--
    }
  }
}
