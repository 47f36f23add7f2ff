/** The names of an object's members: no two of them may be the same. */
import { type ByteAutomaton, dead, nextAutomatonId } from "./ByteAutomaton.ts"

/** Off all paths that lead to a name which is taken. */
const free = 0

/** A text between quotes that is none of some names. */
export class JsonKey implements ByteAutomaton {
  readonly id = nextAutomatonId()
  readonly start: number
  readonly farthest: number
  readonly #inner: ByteAutomaton
  readonly #quote: number
  /** The names as they are spelt, as a trie; `free` is no node of it. */
  readonly #children: Array<Map<number, number>> = [new Map(), new Map()]
  readonly #names: Array<boolean> = [false, false]
  readonly #distances = new Map<number, number>()

  /**
   * @param inner an automaton of texts, quotes included.
   * @param taken the names, quotes included.
   * @param quote the byte that ends a name.
   */
  constructor(inner: ByteAutomaton, taken: ReadonlyArray<Uint8Array>, quote: number) {
    this.#inner = inner
    this.#quote = quote
    let longest = 0
    for (const name of taken) {
      let node = 1
      for (const byte of name) {
        const known = this.#children[node]!.get(byte)
        const child = known ?? this.#children.push(new Map()) - 1
        this.#children[node]!.set(byte, child)
        node = child
      }
      this.#names[node] = true
      longest = Math.max(longest, name.length)
    }
    this.start = inner.start * this.#children.length + 1
    this.farthest = inner.farthest + longest + 1
  }

  /** What it would be without the names that are taken. */
  get anyName(): ByteAutomaton {
    return this.#inner
  }

  /** The state of {@link anyName}. */
  anyNameAt(state: number): number {
    return Math.floor(state / this.#children.length)
  }

  /** The bytes that lead on to a name that is taken. */
  taken(state: number): Iterable<number> {
    const node = state % this.#children.length
    return node === free ? [] : this.#children[node]!.keys()
  }

  step(state: number, byte: number): number {
    const after = this.#after(state, byte)
    return after !== dead && Number.isFinite(this.distance(after)) ? after : dead
  }

  accepts(state: number): boolean {
    const node = state % this.#children.length
    return this.#inner.accepts((state - node) / this.#children.length)
  }

  distance(state: number): number {
    const node = state % this.#children.length
    if (node === free) return this.#inner.distance(state / this.#children.length)
    const known = this.#distances.get(state)
    if (known !== undefined) return known
    if (this.accepts(state)) return 0
    let least = Infinity
    for (let byte = 0; byte < 256; byte++) {
      const after = this.#after(state, byte)
      if (after !== dead) least = Math.min(least, 1 + this.distance(after))
    }
    this.#distances.set(state, least)
    return least
  }

  #after(state: number, byte: number): number {
    const size = this.#children.length
    const node = state % size
    const inner = this.#inner.step((state - node) / size, byte)
    if (inner === dead) return dead
    const child = node === free ? free : (this.#children[node]!.get(byte) ?? free)
    // A name that is taken may not end here; it may be the beginning of another.
    if (byte === this.#quote && this.#names[child] === true) return dead
    return inner * size + child
  }
}
