/** One content, judged against policies. */
import * as Schema from "effect/Schema"

/** What a policy says of a content. */
export const PolicyVerdict = Schema.Struct({
  /** The policy's id. */
  policy: Schema.String,
  /** P(violation), 0 to 1: the softmax over ShieldGemma's `Yes` and `No` (paper, equation 1, with T = 1 and a = 0). */
  probability: Schema.Finite,
  threshold: Schema.Finite,
  /** Whether the probability reaches the threshold. */
  flagged: Schema.Boolean,
})
export type PolicyVerdict = typeof PolicyVerdict.Type

export const Verdict = Schema.Struct({
  /** Whether any policy was violated. */
  flagged: Schema.Boolean,
  /** In the order in which they were asked for. */
  policies: Schema.Array(PolicyVerdict),
  /** Tokens that were run to judge; those that came from the prefix cache are not among them. */
  tokens: Schema.Struct({ judged: Schema.Int, cached: Schema.Int }),
})
export type Verdict = typeof Verdict.Type
