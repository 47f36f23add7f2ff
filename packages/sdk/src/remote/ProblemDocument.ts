/** Failures as problem documents (RFC 9457) that may carry the typed error: `{ type, title, status, detail, error? }`. */
import { isRecord } from "../words/Json.ts"
import { errorFromPlain, type FacetError, type PlainError } from "../words/Errors.ts"

export const problemType = "application/problem+json"

export interface ProblemDocument {
  readonly type: `urn:facet:problem:${string}`
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The typed error, fit for clients. */
  readonly error?: PlainError
  readonly [further: string]: unknown
}

/** A problem as a server tells it. */
export interface Problem {
  /** For programs: `model-unavailable`. */
  readonly name: string
  readonly title: string
  readonly status: number
  /** For people. */
  readonly detail: string
  readonly error?: PlainError
  readonly [further: string]: unknown
}

/**
 * @example
 * problemToJson({ name: "closed", title: "The server is shutting down", status: 503, detail: "Try another one." })
 * // => { type: "urn:facet:problem:closed", title: …, status: 503, detail: … }
 */
export const problemToJson = ({ name, ...rest }: Problem): ProblemDocument => ({
  type: `urn:facet:problem:${name}`,
  ...rest,
})

/** What a client learns of a failure, whatever it was sent. */
export interface ToldProblem {
  readonly error: FacetError | undefined
  /** Undefined where the document has none. */
  readonly detail: string | undefined
}

export function problemFromJson(document: unknown): ToldProblem {
  const { detail, error } = isRecord(document) ? document : {}
  return {
    error: errorFromPlain(error),
    detail: typeof detail === "string" && detail !== "" ? detail : undefined,
  }
}
