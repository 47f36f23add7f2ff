/** How likely the model found the tokens that it wrote. */

/** A token that could have been chosen. */
export interface TokenAlternative {
  /**
   * The token's text: of a token that holds a part of a character only, U+FFFD for that part. A token without text of its
   * own, such as `<end_of_turn>`, by its name.
   */
  readonly token: string
  /** -1 where a server ran the model that does not tell ids. */
  readonly id: number
  /** The UTF-8 bytes of the token's text, from 0 to 255: those of a character may be spread over several tokens. */
  readonly bytes: ReadonlyArray<number>
  /** Natural log of the token's probability under the model itself, at most 0. */
  readonly logprob: number
}

/** A token that was chosen, and the likeliest at its place. */
export interface TokenLogprob extends TokenAlternative {
  /** The likeliest tokens, the likeliest first, the chosen one among them if it is one of these. */
  readonly top: ReadonlyArray<TokenAlternative>
}
