/** A text's vector as JSON: a tensor, as a trace's. */
import type { Embedding } from "../words/Embedding.ts"
import { base64, floats } from "./FloatTensor.ts"
import { type Reader, record, whole } from "./Reader.ts"

/** @throws Misread when it is none. */
export const embeddingFromJson: Reader<Embedding> = record<Embedding>({
  embedding: floats,
  layer: whole,
  tokens: whole,
})

export const embeddingToJson = (embedding: Embedding): object => ({
  ...embedding,
  embedding: base64(embedding.embedding),
})
