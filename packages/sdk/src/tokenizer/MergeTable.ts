/**
 * The merges of a byte pair encoding, by the ids of their two pieces: a hash table with open addressing in plain numbers. A
 * `Map` from pairs as strings takes six times the memory and the time, of 580,604 merges in Gemma's vocabulary.
 */
export class MergeTable {
  readonly #mask: number
  /** Left, right and rank of each place; a free one has the left -1. */
  readonly #places: Int32Array

  /** @param count how many merges there will be. */
  constructor(count: number) {
    // At most two thirds full: longer searches cost more than room.
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, count * 1.5)))
    this.#mask = size - 1
    this.#places = new Int32Array(3 * size).fill(-1)
  }

  /** Of a pair that comes twice the later rank counts. */
  set(left: number, right: number, rank: number): void {
    const at = this.#find(left, right)
    this.#places[at] = left
    this.#places[at + 1] = right
    this.#places[at + 2] = rank
  }

  /** The rank of a merge, 0 the first; -1 where the two are not merged. */
  rank(left: number, right: number): number {
    const at = this.#find(left, right)
    return this.#places[at] === left ? this.#places[at + 2]! : -1
  }

  /** Where a pair stands, or would. */
  #find(left: number, right: number): number {
    const places = this.#places
    // The end of MurmurHash3's mixing (Appleby, public domain): every bit of both ids comes to bear on the place.
    let hash = Math.imul(left, 0x9e3779b1) + right
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    let slot = (hash ^ (hash >>> 16)) & this.#mask
    for (;;) {
      const at = 3 * slot
      if (places[at] === -1 || (places[at] === left && places[at + 1] === right)) return at
      slot = (slot + 1) & this.#mask
    }
  }
}
