/**
 * BPE of a word of any length in slices. Run in one go, a word of a megabyte would hold up its thread for seconds.
 *
 * The slices are encoded by themselves, and what stands around each seam anew. That is exact: tokens in a row are the
 * encoding of their text exactly if each two neighbours are the encoding of theirs (Antonov and Sadler, "So many tokens,
 * so little time: Introducing a faster, more flexible byte-pair tokenizer", GitHub blog, 2024). All neighbours within a
 * slice are, so only those at the edges of the renewed stretch are to be tried.
 */
import type { Sliced } from "../words/Sliced.ts"

/** Encodes a stretch of text that is short: its pieces. */
export type EncodeShort = (text: string) => ReadonlyArray<string>

/** A token, and where its text starts. The bytes of one character all have its place. */
interface Placed {
  readonly piece: string
  readonly start: number
  readonly end: number
  /** It is one of the bytes of a character that the vocabulary lacks. */
  readonly isByte: boolean
}

/** Tokens on each side of a seam that are encoded anew at first. */
const firstMargin = 4

/** @param length UTF-16 units of a slice. */
export function* encodeLongWord(encode: EncodeShort, word: string, length: number): Sliced<Array<string>> {
  const tokens: Array<Placed> = []
  for (let start = 0; start < word.length;) {
    const end = endOfSlice(word, start + length)
    append(encode, word, tokens, place(encode(word.slice(start, end)), word, start))
    start = end
    yield
  }
  return tokens.map(({ piece }) => piece)
}

/** A character of two units is not cut in two. */
function endOfSlice(word: string, end: number): number {
  const isLow = (word.charCodeAt(end) & 0xfc00) === 0xdc00
  return Math.min(word.length, isLow ? end + 1 : end)
}

/** Appends the tokens of the next slice, and mends the seam. */
function append(encode: EncodeShort, word: string, tokens: Array<Placed>, next: ReadonlyArray<Placed>): void {
  const isPair = (a: Placed | undefined, b: Placed | undefined): boolean => {
    // A character that only has bytes merges with nothing.
    if (a === undefined || b === undefined || a.isByte || b.isByte) return true
    const pieces = encode(word.slice(a.start, b.end))
    return pieces.length === 2 && pieces[0] === a.piece && pieces[1] === b.piece
  }
  if (isPair(tokens.at(-1), next[0])) {
    for (const token of next) tokens.push(token)
    return
  }
  for (let margin = firstMargin; ; margin *= 2) {
    let from = Math.max(0, tokens.length - margin)
    let to = Math.min(next.length, margin)
    // The bytes of one character stay together.
    while (from > 0 && tokens[from - 1]?.start === tokens[from]?.start) from--
    while (to < next.length && next[to - 1]?.start === next[to]?.start) to++
    const start = tokens[from]?.start ?? 0
    const renewed = place(encode(word.slice(start, next[to - 1]?.end)), word, start)
    const isAll = from === 0 && to === next.length
    if (!isAll && !(isPair(tokens[from - 1], renewed[0]) && isPair(renewed.at(-1), next[to]))) continue
    tokens.length = from
    for (const token of renewed) tokens.push(token)
    for (let i = to; i < next.length; i++) tokens.push(next[i]!)
    return
  }
}

const encoder = new TextEncoder()

/** Where each piece stands in the word. A piece that is not the text itself is a byte of the character that is there. */
function place(pieces: ReadonlyArray<string>, word: string, from: number): Array<Placed> {
  const placed: Array<Placed> = []
  let start = from
  for (let i = 0; i < pieces.length;) {
    const piece = pieces[i]!
    const isByte = !word.startsWith(piece, start)
    const text = isByte ? String.fromCodePoint(word.codePointAt(start) ?? 0) : piece
    const end = start + text.length
    const next = isByte ? i + encoder.encode(text).length : i + 1
    for (; i < next; i++) placed.push({ piece: pieces[i]!, start, end, isByte })
    start = end
  }
  return placed
}
