/**
 * BPE of a word of any length in slices. Run in one go, a word of a megabyte would hold up its thread for seconds.
 *
 * The slices are encoded by themselves, and what stands around each seam anew. That is exact: tokens in a row are the
 * encoding of their text exactly if each two neighbours are the encoding of theirs (Antonov and Sadler, "So many tokens,
 * so little time: Introducing a faster, more flexible byte-pair tokenizer", GitHub blog, 2024). All neighbours within a
 * slice are, so only those at the edges of the renewed stretch are to be tried.
 */
import type { Sliced } from "../words/Sliced.ts"
import type { PlacedToken } from "./BytePairEncoding.ts"

/** Encodes a stretch of text that is short. */
export type EncodeShort = (text: string) => ReadonlyArray<PlacedToken>

/** Tokens on each side of a seam that are encoded anew at first. */
const firstMargin = 4

/**
 * @param length UTF-16 units of a slice.
 * @returns the ids.
 */
export function* encodeLongWord(encode: EncodeShort, word: string, length: number): Sliced<Array<number>> {
  const tokens: Array<PlacedToken> = []
  for (let start = 0; start < word.length;) {
    const end = endOfSlice(word, start + length)
    append(encode, word, tokens, encodeAt(encode, word, start, end))
    start = end
    yield
  }
  return tokens.map(({ id }) => id)
}

/** A character of two units is not cut in two. */
function endOfSlice(word: string, end: number): number {
  const isLow = (word.charCodeAt(end) & 0xfc00) === 0xdc00
  return Math.min(word.length, isLow ? end + 1 : end)
}

/** The tokens of a part of the word, and where they stand in the whole. */
const encodeAt = (encode: EncodeShort, word: string, from: number, to?: number): ReadonlyArray<PlacedToken> =>
  encode(word.slice(from, to)).map((token) => ({ ...token, start: from + token.start, end: from + token.end }))

/** Appends the tokens of the next slice, and mends the seam. */
function append(encode: EncodeShort, word: string, tokens: Array<PlacedToken>, next: ReadonlyArray<PlacedToken>): void {
  const isPair = (a: PlacedToken | undefined, b: PlacedToken | undefined): boolean => {
    // A character that only has bytes merges with nothing.
    if (a === undefined || b === undefined || a.isByte || b.isByte) return true
    const pair = encode(word.slice(a.start, b.end))
    return pair.length === 2 && pair[0]?.id === a.id && pair[1]?.id === b.id
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
    const renewed = encodeAt(encode, word, tokens[from]?.start ?? 0, next[to - 1]?.end)
    const isAll = from === 0 && to === next.length
    if (!isAll && !(isPair(tokens[from - 1], renewed[0]) && isPair(renewed.at(-1), next[to]))) continue
    tokens.length = from
    for (const token of renewed) tokens.push(token)
    for (let i = to; i < next.length; i++) tokens.push(next[i]!)
    return
  }
}
