import { isRecord } from "./Json.ts"

/**
 * The system's code of a request that failed, such as `ECONNREFUSED`. It is all that is told of one: what a platform says
 * beside it may hold headers and addresses, and so secrets. Pages have none.
 */
export function connectionCode(cause: unknown): string | undefined {
  const inner = cause instanceof Error && isRecord(cause.cause) ? cause.cause["code"] : undefined
  return typeof inner === "string" && /^\w{1,64}$/.test(inner) ? inner : undefined
}
