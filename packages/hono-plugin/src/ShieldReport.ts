/** What a guard did for one request. */
import type { EndedReport } from "@facet/sdk/words"

/** A judgement that failed. */
export interface ShieldFailure {
  readonly of: "input" | "output"
  readonly channel?: string
  /** One of `FacetError`, or an `UnreadableBodyError`. */
  readonly error: unknown
}

export interface ShieldReport extends EndedReport {
  /** What went through unjudged, since `onError` is `"allow"`. */
  readonly failures: ReadonlyArray<ShieldFailure>
  /** What broke the answer off: the route's own error, an `UnreadableBodyError`, or why the client left. */
  readonly error?: unknown
}
