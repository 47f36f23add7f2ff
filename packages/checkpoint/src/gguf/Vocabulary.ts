/** A vocabulary as GGUF files have it: SentencePiece's, with pieces by their ids. */
import type { ModelFileError } from "@facet/sdk/words"
import type { GgufFile } from "@facet/sdk/folders"

export interface Vocabulary {
  readonly pieces: ReadonlyArray<string>
  /** Of two joins, the one that gives the piece of the higher score comes first. */
  readonly scores: ArrayLike<number>
  /** Of {@link PieceType}. */
  readonly types: ArrayLike<number>
}

/** SentencePiece's types (`sentencepiece_model.proto`). */
export const PieceType = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** How a vocabulary of SentencePiece writes a space: U+2581. */
export const spacePiece = "▁"

/** Several times Gemma's: the ways to cut a piece in two are tried, which takes time by its square. */
const longestPiece = 256

/**
 * The vocabulary of a file.
 *
 * @throws ModelFileError when the file has none, or one of another kind than Gemma's.
 */
export function readVocabulary(
  { metadata }: GgufFile,
  refuse: (problem: string, remedy?: string) => ModelFileError,
): Vocabulary {
  const kind = metadata.get("tokenizer.ggml.model")
  if (kind !== "llama") {
    throw refuse(
      `its tokenizer is of the kind ${JSON.stringify(kind ?? null)}, and Gemma's is "llama", SentencePiece's`,
      "Take a file that llama.cpp's own converter made of the model as it was published.",
    )
  }
  if (metadata.get("tokenizer.ggml.add_space_prefix") === true) {
    throw refuse("its tokenizer puts a space before every text, which Gemma's does not", undefined)
  }
  const pieces = metadata.get("tokenizer.ggml.tokens")
  if (!Array.isArray(pieces) || pieces.length === 0 || !pieces.every((piece) => typeof piece === "string")) {
    throw refuse("tokenizer.ggml.tokens is no list of texts")
  }
  const long = pieces.find((piece) => piece.length > longestPiece)
  if (long !== undefined) throw refuse(`tokenizer.ggml.tokens has a piece of ${long.length} characters`)
  const numbers = (key: string): Float64Array => {
    const list = metadata.get(key)
    if (list instanceof Float64Array && list.length === pieces.length) return list
    throw refuse(`${key} is not a list of ${pieces.length} numbers, one for each of tokenizer.ggml.tokens`)
  }
  return { pieces, scores: numbers("tokenizer.ggml.scores"), types: numbers("tokenizer.ggml.token_type") }
}
