/** The problem documents of a guarded route, described for OpenAPI. */
const text = { type: "string" } as const
const side = {
  type: "string",
  enum: ["input", "output"],
  description: "Whether it is about the request or about its answer.",
} as const

const span = {
  start: { type: "integer", minimum: 0 },
  end: { type: "integer", minimum: 0 },
  without: { type: "number", minimum: 0, maximum: 1 },
  effect: { type: "number" },
} as const

const tokens = {
  type: "object",
  required: ["judged", "cached"],
  properties: { judged: { type: "integer" }, cached: { type: "integer" } },
} as const

const reasonSchema = {
  type: "object",
  description: "With `explain`: the words of the request that the verdict hangs on.",
  required: ["start", "end", "without", "effect", "side", "text", "spans", "tokens"],
  properties: {
    ...span,
    side: { type: "string", enum: ["prompt", "response"] },
    text,
    features: {
      type: "array",
      items: {
        type: "object",
        required: ["site", "layer", "index", "activation", "direct", "effect"],
        properties: {
          site: text,
          layer: { type: "integer", minimum: 0 },
          index: { type: "integer", minimum: 0 },
          activation: { type: "number" },
          label: text,
          direct: { type: "number" },
          effect: { type: "number" },
        },
      },
    },
    spans: { type: "array", items: { type: "object", required: Object.keys(span), properties: span } },
    tokens,
  },
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
              reason: reasonSchema,
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
