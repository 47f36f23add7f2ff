/** The problem documents of a guarded route, as types for clients and as a description for OpenAPI. */
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

const text = { type: "string" } as const
const side = {
  type: "string",
  enum: ["input", "output"],
  description: "Whether it is about the request or about its answer.",
} as const

const blockedSchema = {
  type: "object",
  required: ["type", "title", "status", "detail", "of", "verdict"],
  properties: {
    type: { type: "string", enum: ["urn:facet:problem:blocked"] },
    title: text,
    status: { type: "integer", enum: [422] },
    detail: text,
    of: side,
    verdict: {
      type: "object",
      required: ["of", "flagged", "policies"],
      properties: {
        of: side,
        channel: { type: "string", description: "The text of the answer that was judged, where there are several." },
        flagged: { type: "boolean" },
        policies: {
          type: "array",
          items: {
            type: "object",
            required: ["policy", "probability", "threshold", "flagged"],
            properties: {
              policy: text,
              probability: { type: "number", minimum: 0, maximum: 1 },
              threshold: { type: "number", minimum: 0, maximum: 1 },
              flagged: { type: "boolean" },
            },
          },
        },
      },
    },
  },
} as const

const unjudgedSchema = {
  type: "object",
  required: ["type", "title", "status", "detail"],
  properties: { type: text, title: text, status: { type: "integer" }, detail: text, of: side, tag: text },
} as const

const described = <Schema>(description: string, schema: Schema) => ({
  description,
  content: { "application/problem+json": { schema } },
})

/**
 * The responses of a guarded route in OpenAPI's words (3.0 and 3.1), to be spread into an operation's own.
 *
 * @example
 * const operation = { responses: { 200: { description: "The answer" }, ...shieldResponses } }
 */
export const shieldResponses = {
  400: described("The request is malformed.", unjudgedSchema),
  413: described("The request is too large.", unjudgedSchema),
  415: described("The request cannot be judged.", unjudgedSchema),
  422: described("The request, or its answer, violates a policy.", blockedSchema),
  501: described("WebSockets are not guarded.", unjudgedSchema),
  502: described("The answer cannot be judged, or broke off.", unjudgedSchema),
  503: described("The guard failed.", unjudgedSchema),
} as const
