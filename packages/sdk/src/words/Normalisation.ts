/** What is done to a token's activations before they are encoded; undone behind the decoder. */
export type Normalisation =
  /** Nothing. */
  | "none"
  /** Their mean is taken off, and they are divided by their standard deviation (over `d - 1`) plus 1e-5. */
  | "layer_norm"
  /** They are stretched to the length `sqrt(d)`. */
  | "constant_norm_rescale"
