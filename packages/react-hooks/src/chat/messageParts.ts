import type { FacetFailureData, FacetTraceData, FacetVerdictData } from "./FacetUIMessage.ts"

/** A message of any chat: of a `FacetChatTransport`, or of a server that uses `@facet/ai-sdk-provider`. */
export interface MessageWithParts {
  readonly parts: ReadonlyArray<object>
}

/** The words of a message. */
export const textOf = (message: MessageWithParts): string =>
  message.parts
    .map((part) => ("type" in part && part.type === "text" && "text" in part ? String(part.text) : ""))
    .join("")

/** What a guard said of the question and of the answer, in the order in which it said so; one for each side here. */
export const verdictsOf = (message: MessageWithParts): ReadonlyArray<FacetVerdictData> => told(message, "verdict")

/** Judgements that failed. */
export const failuresOf = (message: MessageWithParts): ReadonlyArray<FacetFailureData> => told(message, "failure")

/** The features behind the answer: one trace for each site that was asked for. */
export function tracesOf(message: MessageWithParts): ReadonlyArray<FacetTraceData> {
  const traces = new Map<string, FacetTraceData>()
  for (const { layer, site, tokens } of told<FacetTraceData>(message, "trace")) {
    const key = `${site}.${layer}`
    traces.set(key, { site, layer, tokens: [...(traces.get(key)?.tokens ?? []), ...tokens] })
  }
  return [...traces.values()]
}

/** Whether the question was blocked, or the answer. */
export const blockedOf = (message: MessageWithParts): "input" | "output" | undefined =>
  verdictsOf(message).find(({ verdict }) => verdict.flagged)?.of

/**
 * The payloads of one kind. A local chat has them in `data` of the part `data-facet-<kind>`, a server's in the metadata
 * of the part `custom` of the kind `facet.<kind>`.
 */
function told<Payload>({ parts }: MessageWithParts, kind: string): ReadonlyArray<Payload> {
  const payloads = parts.map((part): unknown => {
    if (!("type" in part)) return undefined
    if (part.type === `data-facet-${kind}` && "data" in part) return part.data
    if (part.type !== "custom" || !("kind" in part) || part.kind !== `facet.${kind}`) return undefined
    const metadata = "providerMetadata" in part ? part.providerMetadata : undefined
    return typeof metadata === "object" && metadata !== null && "facet" in metadata ? metadata.facet : undefined
  })
  // Parts of these names are made by Facet alone, and their type is its own.
  return payloads.filter((payload): payload is Payload => typeof payload === "object" && payload !== null)
}
