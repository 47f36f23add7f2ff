/** W3C's trace context, which carries a trace from one program to the next. */
import { show } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"

/** A span of somebody else's. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  readonly sampled: boolean
}

/**
 * What the header says; `undefined` where it is none, which a server has to pass over.
 * Source: https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceContextOf(header: unknown): TraceContext | undefined {
  if (typeof header !== "string") return undefined
  const [, traceId, spanId, flags] =
    /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})/.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** @throws InvalidRequestError when it is none */
export function readTraceparent(header: unknown): TraceContext {
  const context = traceContextOf(header)
  if (context !== undefined) return context
  const remedy = "Pass the header as it came, such as 00-<32 digits>-<16 digits>-01, or leave it out."
  throw invalidRequest("traceparent", `${show(header)} is no W3C trace context`, remedy)
}
