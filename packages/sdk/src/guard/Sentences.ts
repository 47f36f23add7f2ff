/** Where a stream of text may be cut, so that each piece can be judged. */

/** A sentence without an end is judged after so many characters (some 50 tokens). */
export const longestWait = 240

/** A sentence's last character, with what closes around it and the space behind it. */
const border = /[.!?…\n]["'”’)\]]*(?:\s+|$)|[。！？][”’」』）]*\s*/gu

/** Where the sentences of a text end, in order. What stands behind the last end is not a sentence yet. */
export const sentenceEnds = (text: string): ReadonlyArray<number> =>
  Array.from(text.matchAll(border), (match) => match.index + match[0].length)
