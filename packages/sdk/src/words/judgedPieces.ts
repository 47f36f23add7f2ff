/** Which pieces of a content are judged, where it is longer than a guard reads at once. */
import { overlappingPieces, type Piece } from "./overlappingPieces.ts"

export type { Piece }

/** Pieces of a long text overlap by a quarter, so that what one border cuts in two another piece holds whole. */
const overlapShare = 4

/** Tokens of a content, and how many of them a guard reads at once. */
export interface JudgedLengths {
  readonly prompt: number
  /** Left out: a prompt alone is judged. */
  readonly response?: number | undefined
  /** For both together, beside the words of the policy; at least 4. */
  readonly room: number
  /** For each of both; no more than the room. */
  readonly window: number
}

/** A side that is left out is empty. */
export interface JudgedPiece {
  readonly prompt?: Piece
  readonly response?: Piece
}

/** The pieces that are judged, of which the worst counts; undefined for a content that fits as it is. */
export function judgedPieces({
  prompt,
  response,
  room,
  window,
}: JudgedLengths): ReadonlyArray<JudgedPiece> | undefined {
  if (Math.max(prompt, response ?? 0) <= window && prompt + (response ?? 0) <= room) return undefined
  if (response === undefined) return cut(prompt, window).map((piece) => ({ prompt: piece }))
  const promptRoom = Math.min(prompt, window, Math.floor(room / 2))
  const responses = cut(response, Math.min(window, room - promptRoom))
  if (prompt === 0) return responses.map((piece) => ({ response: piece }))
  const questions = cut(prompt, promptRoom)
  const [first] = responses
  const last = questions.at(-1)
  // Every piece of either is judged, and the work grows with their sum: not with their product, which a long prompt and a
  // long response could drive to any height.
  return [
    ...questions.slice(0, -1).map((piece) => ({ prompt: piece, ...(first && { response: first }) })),
    ...responses.map((piece) => ({ ...(last && { prompt: last }), response: piece })),
  ]
}

const cut = (length: number, window: number): ReadonlyArray<Piece> => {
  const pieces = overlappingPieces(length, window, Math.floor(window / overlapShare))
  return pieces.length === 0 ? [{ start: 0, end: 0 }] : pieces
}
