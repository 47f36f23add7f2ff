import type { GgufFile } from "@facet/sdk/folders"
import { checkPieces, type Refuse, type Vocabulary } from "../sentencepiece/Vocabulary.ts"

/**
 * The vocabulary of a GGUF file.
 *
 * @throws ModelFileError when the file has none, or one of another kind than Gemma's.
 */
export function readVocabulary({ metadata }: GgufFile, refuse: Refuse): Vocabulary {
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
  checkPieces(pieces, "tokenizer.ggml.tokens", refuse)
  const numbers = (key: string): Float64Array => {
    const list = metadata.get(key)
    if (list instanceof Float64Array && list.length === pieces.length) return list
    throw refuse(`${key} is not a list of ${pieces.length} numbers, one for each of tokenizer.ggml.tokens`)
  }
  return { pieces, scores: numbers("tokenizer.ggml.scores"), types: numbers("tokenizer.ggml.token_type") }
}
