import type { ModelFileError } from "../words/Errors.ts"
import type { JsonPlace, JsonScanner } from "../files/JsonScanner.ts"
import { MergeTable } from "./MergeTable.ts"
import type { Vocabulary } from "./Vocabulary.ts"

const [space, quote, openArray, closeArray] = [0x20, 0x22, 0x5b, 0x5d]

export interface Merges {
  readonly table: MergeTable
  /**
   * No merge joins a piece to one that starts a word. Then no token reaches over such a border, and BPE gives the same on
   * the words as on the whole text.
   */
  readonly wordsAreIndependent: boolean
}

export interface MergeRules {
  readonly vocabulary: Vocabulary
  /** What a word starts with. */
  readonly wordStart: string
  /**
   * Pieces that no merge may make: with none, BPE can only give single characters and what merges make, so plain text never
   * gives a control or byte token by its spelling.
   */
  readonly unreachable: ReadonlySet<string>
  /** Makes the error that is thrown for a problem. */
  readonly refuse: (problem: string) => ModelFileError
}

/**
 * Reads `[["left", "right"], ...]`, which older files write as `["left right", ...]`: the first merge comes first.
 *
 * @param place where it stands, in a text that was checked.
 */
export function readMerges(scanner: JsonScanner, place: JsonPlace, rules: MergeRules): Merges {
  const { refuse, unreachable, vocabulary } = rules
  const table = new MergeTable(place.size)
  const pair = new Pair(place.end - place.start)
  const wordStart = new TextEncoder().encode(rules.wordStart)
  const isInitial = new Uint8Array(256)
  for (const piece of unreachable) isInitial[new TextEncoder().encode(piece)[0]!] = 1
  let wordsAreIndependent = true
  let made = -1
  scanner.at = place.start + 1
  for (let rank = 0; scanner.next() !== closeArray; rank++) {
    const start = scanner.at
    const written = (): string => JSON.stringify(scanner.parse(start, scanner.at))
    if (!pair.read(scanner)) throw refuse(`the merge ${written()} is not two pieces`)
    const { border, bytes, end } = pair
    if (isInitial[bytes[0]!] === 1 && unreachable.has(pair.text)) {
      throw refuse(`a merge makes ${pair.text}, so that ordinary text would give a control token`)
    }
    const left = vocabulary.idOfBytes(bytes, 0, border)
    const right = vocabulary.idOfBytes(bytes, border, end)
    if (left < 0 || right < 0) throw refuse(`the merge ${written()} is of pieces that the vocab lacks`)
    // Merges of the same piece follow each other, and those of the next: it is found without a search.
    if (vocabulary.isPieceOf(made + 1, bytes, 0, end)) made++
    else if (!vocabulary.isPieceOf(made, bytes, 0, end)) made = vocabulary.idOfBytes(bytes, 0, end)
    if (made < 0) throw refuse(`the merge ${written()} makes a piece that the vocab lacks`)
    table.set(left, right, rank, made)
    if (pair.startsWordInside(wordStart)) wordsAreIndependent = false
  }
  return { table, wordsAreIndependent }
}

/** The two pieces of a merge, one behind the other. */
class Pair {
  readonly bytes: Uint8Array
  /** Where the left one ends. */
  border = 0
  end = 0

  /** @param room in bytes, for any pair. */
  constructor(room: number) {
    this.bytes = new Uint8Array(room)
  }

  /** Goes past the value that stands here. Says whether it is two pieces. */
  read(scanner: JsonScanner): boolean {
    const start = scanner.at
    const first = scanner.bytes[start]
    if (first === quote) return this.#readWords(scanner)
    if (first === openArray && this.#readList(scanner)) return true
    scanner.at = start
    scanner.skip()
    return false
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes.subarray(0, this.end))
  }

  /** Whether the right one starts as words do, and the left one does not end so. */
  startsWordInside(start: Uint8Array): boolean {
    return this.#has(start, this.border) && !this.#has(start, this.border - start.length)
  }

  #has(part: Uint8Array, from: number): boolean {
    if (from < 0 || from + part.length > this.end) return false
    for (let i = 0; i < part.length; i++) if (this.bytes[from + i] !== part[i]) return false
    return true
  }

  #readList(scanner: JsonScanner): boolean {
    scanner.at++
    if (scanner.next() !== quote) return false
    this.border = scanner.copyString(this.bytes, 0)
    if (scanner.next() !== quote) return false
    this.end = scanner.copyString(this.bytes, this.border)
    if (scanner.next() !== closeArray) return false
    scanner.at++
    return this.border > 0 && this.end > this.border
  }

  /** The one space parts them. */
  #readWords(scanner: JsonScanner): boolean {
    const { bytes } = this
    const end = scanner.copyString(bytes, 0)
    let border = 0
    while (border < end && bytes[border] !== space) border++
    this.border = border
    this.end = end - 1
    if (border === 0 || border >= this.end) return false
    for (let at = border; at < this.end; at++) {
      bytes[at] = bytes[at + 1]!
      if (bytes[at] === space) return false
    }
    return true
  }
}
