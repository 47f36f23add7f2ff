/**
 * How characters are spelt as bytes: as UTF-8, or as they stand in a JSON text. A graph of bytes whose ends are atoms,
 * so that an automaton over characters runs on bytes.
 */
import type { Atoms } from "./CodePoints.ts"

/** Where a character begins. */
export const betweenCharacters = 0

export interface Spelling {
  /**
   * `[nodes * 256]`: what a byte leads to. A number above 0 is the next node, in the middle of a character; one below 0
   * is the end of a character of the atom `-1 - number`; 0 is no way.
   */
  readonly next: Int32Array
  readonly nodes: number
  /** What the bytes at a node lead to, each once, and without what is no way. */
  readonly ways: ReadonlyArray<ReadonlyArray<number>>
  /** The atoms of the characters that may end from a node on. */
  readonly atomsFrom: ReadonlyArray<ReadonlySet<number>>
  /** The fewest bytes that spell a character of an atom; Infinity where none does. */
  readonly costs: ReadonlyArray<number>
  /** The fewest bytes from a node to the end of a character. */
  readonly shortest: ReadonlyArray<number>
}

/** `utf8` is text as it is; `json` is the inside of a JSON string as `JSON.stringify` writes it. */
export type SpellingKind = "utf8" | "json"

/** Characters that JSON gives a name. */
const named: ReadonlyArray<readonly [code: number, name: string]> = [
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0c, "f"],
  [0x0d, "r"],
  [0x22, '"'],
  [0x5c, "\\"],
]
const byteOf = (character: string): number => character.charCodeAt(0)

export function spellingOf(atoms: Atoms, kind: SpellingKind): Spelling {
  const graph = new Graph(atoms)
  graph.utf8((code) => kind === "utf8" || (code >= 0x20 && code !== 0x22 && code !== 0x5c))
  if (kind === "json") graph.escapes()
  return graph.spelling()
}

class Graph {
  readonly #atoms: Atoms
  readonly #rows: Array<Int32Array> = [new Int32Array(256)]
  /** Nodes from which every character is of one atom, by the atom and the bytes that are left. */
  readonly #uniform = new Map<string, number>()

  constructor(atoms: Atoms) {
    this.#atoms = atoms
  }

  utf8(isPlain: (code: number) => boolean): void {
    for (let byte = 0; byte < 0x80; byte++) if (isPlain(byte)) this.#set(0, byte, this.#leaf(byte))
    for (let lead = 0xc2; lead < 0xe0; lead++) this.#set(0, lead, this.#rest((lead & 0x1f) << 6, 1, 0x80))
    for (let lead = 0xe0; lead < 0xf0; lead++) this.#set(0, lead, this.#rest((lead & 0x0f) << 12, 2, 0x800))
    for (let lead = 0xf0; lead < 0xf5; lead++) this.#set(0, lead, this.#rest((lead & 0x07) << 18, 3, 0x10000))
  }

  escapes(): void {
    const escape = this.#node()
    this.#set(0, byteOf("\\"), escape)
    for (const [code, name] of named) this.#set(escape, byteOf(name), this.#leaf(code))
    const [u, zero, zeros] = [this.#node(), this.#node(), this.#node()]
    this.#set(escape, byteOf("u"), u)
    this.#set(u, byteOf("0"), zero)
    this.#set(zero, byteOf("0"), zeros)
    for (const high of [0, 1]) {
      const digit = this.#node()
      this.#set(zeros, byteOf(String(high)), digit)
      for (let low = 0; low < 16; low++) {
        const code = high * 16 + low
        if (named.some(([other]) => other === code)) continue
        this.#set(digit, byteOf(low.toString(16)), this.#leaf(code))
      }
    }
  }

  spelling(): Spelling {
    const nodes = this.#rows.length
    const next = new Int32Array(nodes * 256)
    for (const [i, row] of this.#rows.entries()) next.set(row, i * 256)
    const atomsFrom: Array<ReadonlySet<number>> = []
    const from = (node: number): ReadonlySet<number> => {
      const known = atomsFrom[node]
      if (known !== undefined) return known
      const atoms = new Set<number>()
      for (const to of new Set(this.#rows[node])) {
        if (to < 0) atoms.add(-1 - to)
        else if (to > 0) for (const atom of from(to)) atoms.add(atom)
      }
      atomsFrom[node] = atoms
      return atoms
    }
    for (let node = 0; node < nodes; node++) from(node)
    const ways = this.#rows.map((row) => [...new Set(row)].filter((to) => to !== 0))
    return { next, nodes, ways, atomsFrom, costs: this.#costs(), shortest: this.#shortest() }
  }

  #shortest(): ReadonlyArray<number> {
    const shortest: Array<number> = []
    const from = (node: number): number => {
      const ways = [...new Set(this.#rows[node])].filter((to) => to !== 0)
      const least = Math.min(...ways.map((to) => (to < 0 ? 1 : 1 + (shortest[to] ?? from(to)))))
      shortest[node] = least
      return least
    }
    for (let node = 0; node < this.#rows.length; node++) from(node)
    return shortest
  }

  #costs(): ReadonlyArray<number> {
    const costs = Array.from({ length: this.#atoms.count }, () => Infinity)
    let nodes: ReadonlySet<number> = new Set([0])
    for (let bytes = 1; nodes.size > 0; bytes++) {
      const further = new Set<number>()
      for (const node of nodes) {
        for (const to of new Set(this.#rows[node])) {
          if (to > 0) further.add(to)
          else if (to < 0) costs[-1 - to] = Math.min(costs[-1 - to] ?? Infinity, bytes)
        }
      }
      nodes = further
    }
    return costs
  }

  /**
   * What is left of a character whose first bytes are known.
   *
   * @param from the lowest code point that they may begin.
   * @param bytes how many are left.
   * @param least the lowest code point that UTF-8 spells with as many bytes.
   */
  #rest(from: number, bytes: number, least: number): number {
    if (bytes === 0) return this.#leaf(from)
    const to = from + 64 ** bytes - 1
    const { atom, end } = this.#at(from)
    const isOne = atom !== undefined && end >= to && from >= least
    const key = `${atom}:${bytes}`
    const known = isOne ? this.#uniform.get(key) : undefined
    if (known !== undefined) return known
    const node = this.#node()
    if (isOne) this.#uniform.set(key, node)
    let isEmpty = true
    for (let i = 0; i < 64; i++) {
      const start = from + i * 64 ** (bytes - 1)
      if (start < least) continue
      const next = this.#rest(start, bytes - 1, least)
      if (next === 0) continue
      this.#set(node, 0x80 + i, next)
      isEmpty = false
    }
    if (!isEmpty) return node
    this.#rows.pop()
    return 0
  }

  #leaf(code: number): number {
    const { atom } = this.#at(code)
    return atom === undefined ? 0 : -1 - atom
  }

  /** The atom of a code point, and the last code point of its run. */
  #at(code: number): { readonly atom: number | undefined; readonly end: number } {
    const { ranges } = this.#atoms
    let [low, high] = [0, ranges.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const range = ranges[middle]!
      if (code < range.from) high = middle - 1
      else if (code > range.to) low = middle + 1
      else return { atom: range.atom, end: range.to }
    }
    return { atom: undefined, end: code }
  }

  #node(): number {
    return this.#rows.push(new Int32Array(256)) - 1
  }

  #set(node: number, byte: number, to: number): void {
    this.#rows[node]![byte] = to
  }
}
