/**
 * The merges of a byte pair encoding, by the ids of their two pieces: a hash table with open addressing in plain numbers. A
 * `Map` from pairs as strings takes six times the memory and the time, of 580,604 merges in Gemma's vocabulary.
 */
export class MergeTable {
  readonly #mask: number
  /** One more than a rank, and above it the bits of the pair's hash that did not choose the slot; 0 is free. */
  readonly #slots: Int32Array
  /** By rank: the pair, and what it makes. */
  readonly #lefts: Int32Array
  readonly #rights: Int32Array
  readonly #made: Int32Array

  /** @param count how many merges there will be. */
  constructor(count: number) {
    // At most two thirds full: longer searches cost more than room.
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, count * 1.5)))
    this.#mask = size - 1
    this.#slots = new Int32Array(size)
    this.#lefts = new Int32Array(count)
    this.#rights = new Int32Array(count)
    this.#made = new Int32Array(count)
  }

  /**
   * Of a pair that comes twice the later rank counts.
   *
   * @param made the id of the piece that the two make.
   */
  set(left: number, right: number, rank: number, made: number): void {
    const hash = hashOf(left, right)
    this.#slots[this.#find(left, right, hash)] = (hash & ~this.#mask) | (rank + 1)
    this.#lefts[rank] = left
    this.#rights[rank] = right
    this.#made[rank] = made
  }

  /** The rank of a merge, 0 the first; -1 where the two are not merged. */
  rank(left: number, right: number): number {
    return (this.#slots[this.#find(left, right, hashOf(left, right))]! & this.#mask) - 1
  }

  /** What the merge of a rank makes. */
  made(rank: number): number {
    return this.#made[rank]!
  }

  /** The slot where a pair stands, or would. */
  #find(left: number, right: number, hash: number): number {
    const [mask, slots] = [this.#mask, this.#slots]
    let slot = hash & mask
    for (;;) {
      const found = slots[slot]!
      if (found === 0) return slot
      const rank = (found & mask) - 1
      if (((found ^ hash) & ~mask) === 0 && this.#lefts[rank] === left && this.#rights[rank] === right) return slot
      slot = (slot + 1) & mask
    }
  }
}

/** The end of MurmurHash3's mixing (Appleby, public domain): every bit of both ids comes to bear on all. */
function hashOf(left: number, right: number): number {
  let hash = Math.imul(left, 0x9e3779b1) + right
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
