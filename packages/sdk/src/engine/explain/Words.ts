/** The words of a text, and the text with some of them hidden. */

/** A stretch of a text in UTF-16 units; `end` is behind the last one. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

/** For platforms without a segmenter: letters and digits, with what joins them. */
const wordPattern = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}\p{N}]+)*/gu

/** Where the words of a text stand, in order; neither spaces nor punctuation are among them. */
export function wordsOf(text: string): ReadonlyArray<Stretch> {
  if (!("Segmenter" in Intl)) {
    return Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => ({ start: index, end: index + word.length }))
  }
  // Where words are parted depends on the script, not on the language.
  const segments = new Intl.Segmenter("en", { granularity: "word" }).segment(text)
  return Array.from(segments)
    .filter(({ isWordLike }) => isWordLike === true)
    .map(({ index, segment }) => ({ start: index, end: index + segment.length }))
}

/** Stands for words that are hidden: a text that merely lacks them may say something else. */
const hidden = "…"

/** A text with a stretch of it hidden. */
export const without = (text: string, { end, start }: Stretch): string =>
  `${text.slice(0, start)}${hidden}${text.slice(end)}`
