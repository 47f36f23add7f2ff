/** What travels beside the text, as `custom` parts: in results, in streams, and in the parts of UI messages. */
import type { JSONObject, JSONValue, LanguageModelV4CustomContent } from "@ai-sdk/provider"
import type { GenerationPart, Trace, TracePart, Verdict, VerdictPart } from "@facet/sdk"

/** Features of the next tokens of the completion: parts for one site follow each other without gaps. */
export interface FacetTracePart {
  readonly type: "custom"
  readonly kind: "facet.trace"
  readonly providerMetadata: { readonly facet: Pick<Trace, "site" | "layer" | "tokens"> }
}

/** What a guard said of what came in, or of what the model said so far. */
export interface FacetVerdictPart {
  readonly type: "custom"
  readonly kind: "facet.verdict"
  readonly providerMetadata: { readonly facet: { readonly of: "input" | "output"; readonly verdict: Verdict } }
}

/** A judgement failed. With `onError: "allow"` what it was about was let through, otherwise it was blocked. */
export interface FacetFailurePart {
  readonly type: "custom"
  readonly kind: "facet.failure"
  readonly providerMetadata: {
    readonly facet: {
      readonly of: "input" | "output"
      readonly error: { readonly name: string; readonly message: string }
    }
  }
}

/** Parts of this prefix are Facet's own: they are for people to look at, and no part of a prompt. */
export const isFacetPart = (part: { readonly type: string; readonly kind?: string }): boolean =>
  part.type === "custom" && part.kind !== undefined && part.kind.startsWith("facet.")

export const tracePart = ({ layer, site, tokens }: TracePart | Trace): LanguageModelV4CustomContent => ({
  type: "custom",
  kind: "facet.trace",
  providerMetadata: { facet: toJson({ site, layer, tokens }) },
})

export const verdictPart = (of: VerdictPart["of"], verdict: Verdict): LanguageModelV4CustomContent => ({
  type: "custom",
  kind: "facet.verdict",
  providerMetadata: { facet: toJson({ of, verdict }) },
})

export const failurePart = ({
  error,
  of,
}: Extract<GenerationPart, { type: "failure" }>): LanguageModelV4CustomContent => ({
  type: "custom",
  kind: "facet.failure",
  providerMetadata: { facet: toJson({ of, error }) },
})

/**
 * Plain data of Facet's as the AI SDK's JSON type, which knows no interfaces. Errors become their name and message, and
 * fields without a value are left out.
 */
export function toJson(value: object): JSONObject {
  const json = toJsonValue(value)
  return typeof json === "object" && json !== null && !isList(json) ? json : {}
}

const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

function toJsonValue(value: unknown): JSONValue {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value
  if (typeof value === "number") return Number.isFinite(value) ? value : null
  if (isList(value)) return value.map(toJsonValue)
  if (value instanceof Error) return { name: value.name, message: value.message }
  if (typeof value !== "object") return null
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([key, field]) => [key, toJsonValue(field)]))
}
