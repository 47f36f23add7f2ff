/** Where a stream of text may be cut, so that each piece can be judged. */

/** A sentence without an end is judged after so many characters (some 50 tokens). */
export const longestWait = 240

/** A sentence's last character, with what closes around it and the space behind it. */
const border = /[.!?…\n]["'”’)\]]*(?:\s+|$)|[。！？][”’」』）]*\s*/gu

/**
 * How much of a text that waits may be judged now: up to its last sentence's end, or all of a sentence that has no end.
 *
 * @returns a length, 0 when the text waits for more
 */
export function ripeLength(waiting: string): number {
  let end = 0
  for (const match of waiting.matchAll(border)) end = match.index + match[0].length
  return end === 0 && waiting.length >= longestWait ? waiting.length : end
}
