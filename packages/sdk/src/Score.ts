/** How likely a text is, token by token. */
import * as Schema from "effect/Schema"

export const ScoreToken = Schema.Struct({
  token: Schema.String,
  id: Schema.Int,
  /** Natural log of the probability of the token after those before it; null for `<bos>`, which nothing precedes. */
  logprob: Schema.NullOr(Schema.Finite),
})
export type ScoreToken = typeof ScoreToken.Type

export const Score = Schema.Struct({
  tokens: Schema.Array(ScoreToken),
  /** exp of the negative mean of the log-probabilities; null when there are none. */
  perplexity: Schema.NullOr(Schema.Finite),
})
export type Score = typeof Score.Type
