/** The problem documents of a guarded route, as types for clients. */
import type { TypedResponse } from "hono"
import type { BlockingVerdict } from "./response/verdictOf.ts"

/** The request, or the answer before its first byte, violates a policy. */
export interface BlockedProblem {
  readonly type: "urn:facet:problem:blocked"
  readonly title: string
  readonly status: 422
  readonly detail: string
  readonly of: "input" | "output"
  readonly verdict: BlockingVerdict
}

/** Something could not be judged. */
export interface UnjudgedProblem {
  readonly type: `urn:facet:problem:${string}`
  readonly title: string
  readonly status: 400 | 413 | 415 | 501 | 502 | 503
  readonly detail: string
  readonly of?: "input" | "output"
  /** The class of the error that the guard failed with. */
  readonly tag?: string
}

/** What `shield()` answers in the place of a handler, as Hono's client knows it. */
export type ShieldAnswer =
  | TypedResponse<BlockedProblem, 422, "json">
  | TypedResponse<UnjudgedProblem, UnjudgedProblem["status"], "json">
