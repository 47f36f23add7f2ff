/**
 * Byte pair encoding (Sennrich et al., arXiv 1508.07909) as Hugging Face's `tokenizer.json` means it: a stretch of text is
 * cut into characters, and of all neighbours that are merged, those of the lowest rank come first, the leftmost of equals.
 */
import { bytePiece } from "./bytePiece.ts"
import type { MergeTable } from "./MergeTable.ts"
import { MinHeap } from "./MinHeap.ts"

export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>
  /** By id; a vocabulary may have gaps. */
  readonly pieces: ReadonlyArray<string | undefined>
  readonly merges: MergeTable
}

/** More than there are characters in any text: a rank times this, plus a place, is a whole number that a float64 holds. */
const mostPlaces = 2 ** 31

export class BytePairEncoding {
  readonly #ids: Vocabulary["ids"]
  readonly #pieces: Vocabulary["pieces"]
  readonly #merges: MergeTable

  constructor({ ids, merges, pieces }: Vocabulary) {
    this.#ids = ids
    this.#pieces = pieces
    this.#merges = merges
  }

  idOf(piece: string): number | undefined {
    return this.#ids.get(piece)
  }

  pieceOf(id: number): string | undefined {
    return this.#pieces[id]
  }

  /** The pieces of a stretch of text; a character that the vocabulary lacks is the pieces of its UTF-8 bytes. */
  encode(text: string): ReadonlyArray<string> {
    const found: Array<string> = []
    for (const piece of this.#merged(text)) {
      if (this.#ids.has(piece)) found.push(piece)
      else for (const byte of new TextEncoder().encode(piece)) found.push(bytePiece(byte))
    }
    return found
  }

  #merged(text: string): ReadonlyArray<string> {
    const pieces = Array.from(text)
    const ids = pieces.map((piece) => this.#ids.get(piece) ?? -1)
    // Neighbours of those that are left; -1 beyond the ends.
    const next = pieces.map((_, at) => (at + 1 < pieces.length ? at + 1 : -1))
    const before = pieces.map((_, at) => at - 1)
    const heap = new MinHeap()
    const rankAt = (at: number): number => {
      const right = next[at]!
      return right === -1 || ids[at] === -1 || ids[right] === -1 ? -1 : this.#merges.rank(ids[at]!, ids[right]!)
    }
    const offer = (at: number): void => {
      const rank = at === -1 ? -1 : rankAt(at)
      if (rank !== -1) heap.push(rank * mostPlaces + at)
    }
    for (let at = 0; at < pieces.length; at++) offer(at)
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      const at = entry % mostPlaces
      // What was merged into another meanwhile has no id, and a pair that has become another has another rank.
      if (rankAt(at) !== (entry - at) / mostPlaces) continue
      const right = next[at]!
      pieces[at] += pieces[right]!
      ids[at] = this.#ids.get(pieces[at]!) ?? -1
      ids[right] = -1
      pieces[right] = ""
      next[at] = next[right]!
      if (next[at] !== -1) before[next[at]!] = at
      offer(before[at]!)
      offer(at)
    }
    return pieces.filter((piece) => piece !== "")
  }
}
