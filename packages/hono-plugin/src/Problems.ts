/** Problem documents (RFC 9457): how a guarded route says no. */
import { problemToJson, problemType } from "@facet/sdk/remote"
import { type Blocked, InvalidRequestError } from "@facet/sdk/words"
import { verdictOf } from "./response/verdictOf.ts"
import { UnreadableBodyError } from "./UnreadableBodyError.ts"

export function problem(
  status: number,
  name: string,
  title: string,
  detail: string,
  rest: Readonly<Record<string, unknown>> = {},
): Response {
  const document = problemToJson({ name, title, status, detail, ...rest })
  return new Response(JSON.stringify(document), { status, headers: { "content-type": problemType } })
}

/**
 * What was blocked before its first byte: 422 with the verdict, 413 for a text that is too long to be judged, or 503 when
 * the guard itself failed.
 */
export function blockedProblem(blocked: Blocked): Response {
  const { error, of } = blocked
  const verdict = verdictOf(blocked)
  const subject = of === "input" ? "request" : "answer"
  if (of === "input" && error instanceof InvalidRequestError && error.option === "prompt") {
    return problem(413, "request-too-large", "The request is too large", error.message, { of })
  }
  if (verdict === undefined) {
    const tag = tagOf(error)
    return problem(503, "guard-failed", "The guard failed", `The ${subject} could not be judged: ${messageOf(error)}`, {
      of,
      ...(tag === undefined ? {} : { tag }),
    })
  }
  const violated = verdict.policies.filter(({ flagged }) => flagged).map(({ policy }) => policy)
  const detail = `The ${subject} violates ${violated.join(", ")}.`
  return problem(422, "blocked", `The ${subject} was blocked`, detail, { of, verdict })
}

export function unreadableProblem({ message, of, reason }: UnreadableBodyError): Response {
  if (of === "output") return problem(502, "unreadable-answer", "The answer cannot be judged", message, { of })
  switch (reason) {
    case "malformed":
      return problem(400, "malformed-request", "The request is malformed", message, { of })
    case "too large":
      return problem(413, "request-too-large", "The request is too large", message, { of })
    case "unsupported":
      return problem(415, "unsupported-request", "The request cannot be judged", message, { of })
  }
}

export const unguardedUpgrade = (): UnreadableBodyError =>
  new UnreadableBodyError({
    of: "input",
    reason: "unsupported",
    problem: "The messages of a WebSocket cannot be judged by the guard of a route",
    remedy: 'Judge them in the handler with facet.guard(), and leave shield() off the route or set onError: "allow".',
  })

export const upgradeProblem = ({ message }: UnreadableBodyError): Response =>
  problem(501, "unguarded-upgrade", "WebSockets are not guarded", message)

export const tagOf = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string"
    ? error._tag
    : undefined

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
