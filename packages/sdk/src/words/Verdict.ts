/** One content, judged against policies. */
/** What a policy says of a content. */
export interface PolicyVerdict {
  /** The policy's id. */
  readonly policy: string
  /** P(violation), 0 to 1: the softmax over ShieldGemma's `Yes` and `No` (paper, equation 1, with T = 1 and a = 0). */
  readonly probability: number
  readonly threshold: number
  /** Whether the probability reaches the threshold. */
  readonly flagged: boolean
}

export interface Verdict {
  /** Whether any policy was violated. */
  readonly flagged: boolean
  /** In the order in which they were asked for. */
  readonly policies: ReadonlyArray<PolicyVerdict>
  /** Tokens that were run to judge; those that came from the prefix cache are not among them. */
  readonly tokens: { readonly judged: number; readonly cached: number }
}
