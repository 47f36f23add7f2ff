/** One content, judged against policies. */
import type { JudgingStage } from "./Cascade.ts"
import type { PolicyAction } from "./Policy.ts"
import type { TextSpan } from "./Redaction.ts"
import type { Site } from "./Site.ts"
import type { Feature } from "./Trace.ts"

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
  /**
   * With the action `redact`, where it is flagged: what is to be cut out of the text that was judged, the response of an exchange,
   * else the prompt. There is no `redact` without it: what cannot be placed is held back.
   */
  readonly spans?: ReadonlyArray<TextSpan>
  /** With `explain`, where it is flagged: the words that it hangs on. Left out where no word could be tried. */
  readonly reason?: VerdictReason
}

/**
 * A stretch of what was judged, and what becomes of the verdict when `…` stands in its place; of a probe, when its tokens are
 * not pooled.
 */
export interface OccludedSpan extends TextSpan {
  /** P(violation) with the span hidden, 0 to 1. */
  readonly without: number
  /** What the span adds to `logit(Yes) - logit(No)`, or to a probe's logit: negative where it speaks for the content. */
  readonly effect: number
}

/** A feature at the token where a verdict is read, and what it adds to `logit(Yes) - logit(No)`. */
export interface FeatureReason extends Feature, Site {
  /**
   * By the straight way, past the layers behind: its activation times what its decoder row adds to the two logits, before the
   * soft-cap.
   */
  readonly direct: number
  /** In all: so much the margin falls when that one token is judged without the feature. */
  readonly effect: number
}

/** Why a policy was flagged: the span of words without which it would not be, or would be least. */
export interface VerdictReason extends OccludedSpan {
  /** The side of the content that it stands in. */
  readonly side: "prompt" | "response"
  /** The span's words. */
  readonly text: string
  /** All spans that were tried, the one that adds most first. */
  readonly spans: ReadonlyArray<OccludedSpan>
  /** With `explain: { features }`: those that add or take most by the straight way, the strongest first. */
  readonly features?: ReadonlyArray<FeatureReason>
  /** What the explanation cost, beside the verdict. */
  readonly tokens: Verdict["tokens"]
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
  /** Of `shield`, where a policy redacts: the text that was judged without what is wrong, `[email]` in its place. */
  readonly redacted?: string
  /** Where a policy judges whole exchanges: how many messages it was told, and how many older ones were left out. */
  readonly exchange?: { readonly messages: number; readonly leftOut: number }
  /** Whose it is, in a cascade. Left out where there is none. */
  readonly stage?: JudgingStage
  /** Tokens that were run to judge; those that came from the prefix cache are not among them. */
  readonly tokens: { readonly judged: number; readonly cached: number }
}

/**
 * What whoever sent the input, and waits for the output, may see of a verdict. Reasons quote what was judged: of an answer that
 * may be held back, and of an app's own system texts, they stay with the app.
 */
export function visibleVerdict<V extends Explained>(of: "input" | "output", verdict: V): V {
  if (of === "input" && verdict.turn !== "system") return verdict
  return { ...verdict, policies: verdict.policies.map(({ reason: _reason, ...policy }) => policy) }
}

interface Explained extends Pick<Verdict, "turn"> {
  readonly policies: ReadonlyArray<{ readonly reason?: object }>
}

type Flags = Pick<Verdict, "flagged"> & {
  readonly policies: ReadonlyArray<Pick<PolicyVerdict, "flagged" | "action" | "spans">>
}

/** Whether a guard holds a text back: it was flagged, and not by policies alone that let out and tell, or cut out. */
export const holdsBack = ({ flagged, policies }: Flags): boolean => {
  const told = policies.filter((policy) => policy.flagged)
  return flagged && (told.length === 0 || told.some(isHeldBack))
}

/** The same of what came in, where it is not written without what a policy cuts out: that holds it back. */
export const holdsBackInput = (verdict: Flags): boolean =>
  holdsBack(verdict) || verdict.policies.some(({ action, flagged }) => flagged && action === "redact")

/** Whether something goes out as it is although it is flagged. */
export const tells = ({ policies }: Flags): boolean =>
  policies.some(({ action, flagged }) => flagged && action === "flag")

/** Whoever redacts has to say what. */
const isHeldBack = ({ action, spans = [] }: Flags["policies"][number]): boolean =>
  action === undefined || (action === "redact" && spans.length === 0)

/** The verdict that is remembered of a side: the first that held back, else the first that flagged, else the latest. */
export const worseVerdict = <V extends Flags>(known: V | undefined, next: V): V =>
  known !== undefined && known.flagged && (holdsBack(known) || !holdsBack(next)) ? known : next
