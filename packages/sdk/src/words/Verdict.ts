/** One content, judged against policies. */
import type { PolicyAction } from "./Policy.ts"

/** What a policy says of a content. */
export interface PolicyVerdict {
  /** The policy's id. */
  readonly policy: string
  /**
   * P(violation), 0 to 1: the softmax over ShieldGemma's `Yes` and `No` (paper, equation 1, with T = 1 and a = 0), or as the
   * policy's calibration or its probe has it. Where another judge stands in its place: what that one says.
   */
  readonly probability: number
  readonly threshold: number
  /**
   * Where a server tells too few log-probabilities for an exact one: the least and the greatest that fit, both on one side of
   * the threshold. `probability` is the one of them that is nearer to it.
   */
  readonly bounds?: { readonly least: number; readonly most: number }
  /** Whether the probability reaches the threshold. */
  readonly flagged: boolean
  /** What a guard does about it, where it does not hold the text back. */
  readonly action?: Exclude<PolicyAction, "block">
}

/**
 * What a verdict on a prompt of several messages is about.
 * - `last`: the last turn, or a message of it;
 * - `history`: earlier turns together with the last one;
 * - `system`: system texts.
 */
export const judgedTurns = ["last", "history", "system"] as const
export type JudgedTurn = (typeof judgedTurns)[number]

export interface Verdict {
  /** Whether any policy was violated. */
  readonly flagged: boolean
  /** In the order in which they were asked for. */
  readonly policies: ReadonlyArray<PolicyVerdict>
  /** Left out where what was judged is one text. */
  readonly turn?: JudgedTurn
  /** Tokens that were run to judge; those that came from the prefix cache are not among them. */
  readonly tokens: { readonly judged: number; readonly cached: number }
}
