/** A text as one vector. */
import * as Schema from "effect/Schema"
import { Float32 } from "./Transfer.ts"

export const Embedding = Schema.Struct({
  /** As wide as the model's residual stream. Not normalised; all zeros for a text without tokens. */
  embedding: Float32,
  /** The layer that was read, from 0. */
  layer: Schema.Int,
  /** Tokens of the text, over which the mean was taken: `<bos>` is not one of them. */
  tokens: Schema.Int,
})
export type Embedding = typeof Embedding.Type
