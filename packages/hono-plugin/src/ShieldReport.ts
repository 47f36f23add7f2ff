/** What a guard did for one request. */
import type { Blocked, GuardReport } from "@facet/sdk/words"

/** A judgement that failed. */
export interface ShieldFailure {
  readonly of: "input" | "output"
  readonly channel?: string
  /** One of `FacetError`, or an `UnreadableBodyError`. */
  readonly error: unknown
}

export interface ShieldReport extends GuardReport {
  /** What went through unjudged, since `onError` is `"allow"`. */
  readonly failures: ReadonlyArray<ShieldFailure>
  /** What broke the answer off: the route's own error, or an `UnreadableBodyError`. */
  readonly error?: unknown
}

/** The report of a request that no guard came to see. */
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
