/**
 * Byte pair encoding (Sennrich et al., arXiv 1508.07909) as Hugging Face's `tokenizer.json` means it: a stretch of text is
 * cut into characters, and of all neighbours that are merged, those of the lowest rank come first, the leftmost of equals.
 */
import type { MergeTable } from "./MergeTable.ts"
import { MinHeap } from "./MinHeap.ts"
import type { Vocabulary } from "./Vocabulary.ts"

/** More than there are characters in any text: a rank times this, plus a place, is a whole number that a float64 holds. */
const mostPlaces = 2 ** 31

const encoder = new TextEncoder()

/** A token, and where its text stands. The bytes of one character all have its place. */
export interface PlacedToken {
  readonly id: number
  readonly start: number
  readonly end: number
  /** It is one of the bytes of a character that the vocabulary lacks. */
  readonly isByte: boolean
}

type Visit = (id: number, start: number, end: number, isByte: boolean) => void

export interface BytePairs {
  readonly vocabulary: Vocabulary
  readonly merges: MergeTable
  /** `[256]`: the ids of single bytes; -1 of those that UTF-8 does not use. */
  readonly byteIds: Int32Array
}

export class BytePairEncoding {
  readonly #vocabulary: Vocabulary
  readonly #merges: MergeTable
  readonly #byteIds: Int32Array

  constructor({ byteIds, merges, vocabulary }: BytePairs) {
    this.#vocabulary = vocabulary
    this.#merges = merges
    this.#byteIds = byteIds
  }

  /** The ids of a stretch of text; a character that the vocabulary lacks is those of its UTF-8 bytes. */
  encode(text: string): Array<number> {
    const ids: Array<number> = []
    this.#visit(text, (id) => ids.push(id))
    return ids
  }

  /** As {@link encode}, with the place of each token in the text, in UTF-16 units. */
  encodePlaced(text: string): Array<PlacedToken> {
    const tokens: Array<PlacedToken> = []
    this.#visit(text, (id, start, end, isByte) => tokens.push({ id, start, end, isByte }))
    return tokens
  }

  #visit(text: string, visit: Visit): void {
    const ids: Array<number> = []
    const starts: Array<number> = []
    for (let at = 0; at < text.length;) {
      const code = text.codePointAt(at)!
      starts.push(at)
      ids.push(this.#vocabulary.idOfCharacter(code))
      at += code > 0xffff ? 2 : 1
    }
    if (ids.length === 0) return
    const next = this.#merge(ids)
    for (let at = 0; at !== -1; at = next[at]!) {
      const end = next[at] === -1 ? text.length : starts[next[at]!]!
      if (ids[at]! >= 0) visit(ids[at]!, starts[at]!, end, false)
      else
        for (const byte of encoder.encode(text.slice(starts[at], end)))
          visit(this.#byteIds[byte]!, starts[at]!, end, true)
    }
  }

  /**
   * Merges what is merged.
   *
   * @param ids of the characters, -1 of those that the vocabulary lacks; then those of what begins at each that is left.
   * @returns where the next one begins that is left, -1 at the end.
   */
  #merge(ids: Array<number>): ReadonlyArray<number> {
    const next = ids.map((_, at) => (at + 1 < ids.length ? at + 1 : -1))
    const before = ids.map((_, at) => at - 1)
    const heap = new MinHeap()
    const rankAt = (at: number): number => {
      const right = next[at]!
      return right === -1 || ids[at] === -1 || ids[right] === -1 ? -1 : this.#merges.rank(ids[at]!, ids[right]!)
    }
    const offer = (at: number): void => {
      const rank = at === -1 ? -1 : rankAt(at)
      if (rank !== -1) heap.push(rank * mostPlaces + at)
    }
    for (let at = 0; at < ids.length; at++) offer(at)
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      const at = entry % mostPlaces
      const rank = (entry - at) / mostPlaces
      // What was merged into another meanwhile has no id, and a pair that has become another has another rank.
      if (rankAt(at) !== rank) continue
      const right = next[at]!
      ids[at] = this.#merges.made(rank)
      ids[right] = -1
      next[at] = next[right]!
      if (next[at] !== -1) before[next[at]!] = at
      offer(before[at]!)
      offer(at)
    }
    return next
  }
}
