/**
 * Cutting a text that is longer than a window into overlapping pieces, so that whatever spans a border is seen whole
 * by one of them, as long as it is not longer than the overlap.
 */
import { InvalidRequestError } from "./Errors.ts"

/** The tokens `start .. end - 1` of a text. */
export interface Piece {
  readonly start: number
  readonly end: number
}

/**
 * The pieces of a text, in order. They cover every token, none is longer than the window, none is there twice.
 * Consecutive pieces share exactly `overlap` tokens, but for the last, which is as long as the window, ends with the
 * text and shares at least so many. A text that fits is one piece; a text without tokens has none.
 *
 * @param length tokens in the text, an integer >= 0.
 * @param window the most tokens in a piece, an integer >= 1.
 * @param overlap tokens, an integer from 0 to window - 1.
 * @throws InvalidRequestError for a number out of its range.
 */
export const overlappingPieces = (length: number, window: number, overlap: number): Array<Piece> => {
  checkInteger("length", length, 0, Number.MAX_SAFE_INTEGER)
  checkInteger("window", window, 1, Number.MAX_SAFE_INTEGER)
  checkInteger("overlap", overlap, 0, window - 1)
  if (length === 0) return []
  const pieces: Array<Piece> = []
  let start = 0
  for (; start + window < length; start += window - overlap) pieces.push({ start, end: start + window })
  pieces.push({ start: Math.max(0, length - window), end: length })
  return pieces
}

const checkInteger = (option: string, value: number, least: number, most: number): void => {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  throw new InvalidRequestError({ option, problem: `${value} is no such number`, remedy: `Use an integer ${range}.` })
}
