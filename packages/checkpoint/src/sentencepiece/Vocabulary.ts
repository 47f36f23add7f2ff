/** A vocabulary of SentencePiece's, with pieces by their ids. */
import type { ModelFileError } from "@facet/sdk/words"

export interface Vocabulary {
  readonly pieces: ReadonlyArray<string>
  /** Of two joins, the one that gives the piece of the higher score comes first. */
  readonly scores: ArrayLike<number>
  /** Of {@link PieceType}. */
  readonly types: ArrayLike<number>
}

/** Makes the error of a file that is refused; a remedy that is left out is the format's usual one. */
export type Refuse = (problem: string, remedy?: string) => ModelFileError

/** SentencePiece's types (`sentencepiece_model.proto`). */
export const PieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** How a vocabulary of SentencePiece writes a space: U+2581. */
export const spacePiece = "▁"

/** Several times Gemma's: the ways to cut a piece in two are tried, which takes time by its square. */
const longestPiece = 256

/** @throws ModelFileError when a piece is longer than any of a language. */
export function checkPieces(pieces: ReadonlyArray<string>, where: string, refuse: Refuse): void {
  const long = pieces.find((piece) => piece.length > longestPiece)
  if (long !== undefined) throw refuse(`${where} has a piece of ${long.length} characters`)
}
