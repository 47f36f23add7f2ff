import type { Trace, TraceToken } from "@facet/sdk/words"

/** What components show: a trace, or its tokens as they arrive; nothing while there is none. */
export type TraceInput = Trace | ReadonlyArray<TraceToken> | undefined

const none: ReadonlyArray<TraceToken> = []

const isTrace = (trace: Trace | ReadonlyArray<TraceToken>): trace is Trace => !Array.isArray(trace)

/** The same list for the same trace, so that work on it can be kept. */
export function tokensOf(trace: TraceInput): ReadonlyArray<TraceToken> {
  if (trace === undefined) return none
  return isTrace(trace) ? trace.tokens : trace
}

/** Where in the model a trace was taken, when it says so. */
export const placeOf = (trace: TraceInput): Pick<Trace, "site" | "layer"> | undefined =>
  trace !== undefined && isTrace(trace) ? trace : undefined
