/** How likely the model found the tokens that it wrote. */
import * as Schema from "effect/Schema"

const likelihood = {
  /**
   * The token's text: of a token that holds a part of a character only, U+FFFD for that part. A token without text of its
   * own, such as `<end_of_turn>`, by its name.
   */
  token: Schema.String,
  id: Schema.Int,
  /** The UTF-8 bytes of the token's text, from 0 to 255: those of a character may be spread over several tokens. */
  bytes: Schema.Array(Schema.Int),
  /** Natural log of the token's probability under the model itself, at most 0. */
  logprob: Schema.Finite,
}

/** A token that could have been chosen. */
export const TokenAlternative = Schema.Struct(likelihood)
export type TokenAlternative = typeof TokenAlternative.Type

/** A token that was chosen, and the likeliest at its place. */
export const TokenLogprob = Schema.Struct({
  ...likelihood,
  /** The likeliest tokens, the likeliest first, the chosen one among them if it is one of these. */
  top: Schema.Array(TokenAlternative),
})
export type TokenLogprob = typeof TokenLogprob.Type
