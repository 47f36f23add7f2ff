/** A text as one vector. */
export interface Embedding {
  /** As wide as the model's residual stream. Not normalised; all zeros for a text without tokens. */
  readonly embedding: Float32Array<ArrayBuffer>
  /** The layer that was read, from 0. */
  readonly layer: number
  /** Tokens of the text, over which the mean was taken: `<bos>` is not one of them. */
  readonly tokens: number
}

/** How a text becomes one vector. */
export interface EmbedOptions {
  /** From 0. Default: the layer two thirds of the way up, `floor(2 * layers / 3)`. */
  readonly layer?: number | undefined
}
