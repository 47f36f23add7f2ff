/** What a guard did, and what it tells. */
import type { JudgingStage } from "./Cascade.ts"
import type { Verdict } from "./Verdict.ts"

/** Why nothing follows. */
export interface Blocked {
  readonly of: "input" | "output"
  /** The text that was blocked, where there are several. */
  readonly channel?: string
  /** `flagged`: a policy was violated. `failed`: the guard could not judge, and nothing goes out unjudged. */
  readonly reason: "flagged" | "failed"
  /** With `flagged`. */
  readonly verdict?: Verdict
  /** With `failed`: one of `FacetError`. */
  readonly error?: unknown
}

export interface GuardReport {
  /** Characters (UTF-16 units) of the source's that went out. */
  readonly releasedCharacters: number
  /** Characters that came from the source and did not go out. */
  readonly heldCharacters: number
  /** Where a policy redacts: characters that were cut out of what went out. Left out where none were. */
  readonly redactedCharacters?: number
  /** The same of what came in: the answer is made from the rest. */
  readonly redactedInputCharacters?: number
  /**
   * Characters that went out although they belong to a sentence that was judged bad: always 0 with `window` and
   * `buffer`, the flagged sentences with `audit`.
   */
  readonly leakedCharacters: number
  /** Milliseconds between the arrival of the first text and its release; undefined when none went out. */
  readonly firstDelayMs: number | undefined
  /** The same for the last text that went out. */
  readonly lastDelayMs: number | undefined
  /** Judgements that were made, of the input and of the output. */
  readonly judgements: number
  readonly tokens: Verdict["tokens"]
  /** In a cascade: how many judgements were whose. */
  readonly stages?: Readonly<Record<JudgingStage, number>>
  /** The last verdict on what came in, and on what went out; a flagged one stays. */
  readonly verdicts: { readonly input?: Verdict; readonly output?: Verdict }
  readonly blocked?: Blocked
}

/** How a guarded call came to its end. `aborted`: whoever asked left before it. */
export type GuardOutcome = "done" | "blocked" | "failed" | "aborted"

/** What is told of a guarded call when it is over. */
export interface EndedReport extends GuardReport {
  readonly outcome: GuardOutcome
  /** With `failed` and `aborted`: why. */
  readonly error?: unknown
}

/** The report of a call that no guard came to see. */
export const emptyReport = (blocked?: Blocked): GuardReport => ({
  releasedCharacters: 0,
  heldCharacters: 0,
  leakedCharacters: 0,
  firstDelayMs: undefined,
  lastDelayMs: undefined,
  judgements: 0,
  tokens: { judged: 0, cached: 0 },
  verdicts: {},
  ...(blocked === undefined ? {} : { blocked }),
})

/** What comes out of a guarded stream. */
export type GuardPart<A> =
  | { readonly type: "value"; readonly value: A }
  | {
      readonly type: "verdict"
      readonly of: "input" | "output"
      readonly channel?: string
      readonly verdict: Verdict
    }
  /** A judgement failed, and what it was about was let through since `onError` is `"allow"`. */
  | { readonly type: "failure"; readonly of: "input" | "output"; readonly channel?: string; readonly error: unknown }
  /** Nothing of the source follows. */
  | { readonly type: "blocked"; readonly blocked: Blocked }
  /** The last part. */
  | { readonly type: "report"; readonly report: GuardReport }
