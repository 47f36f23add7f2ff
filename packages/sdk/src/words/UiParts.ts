/**
 * What Facet tells beside the text of a chat: parts that the AI SDK calls `custom`, in results, in streams and in the
 * parts of UI messages. Whoever writes them, and whoever reads them, does it here.
 */
import type { FailurePart } from "./Generation.ts"
import { isRecord, type JsonFields, toJson } from "./Json.ts"
import { ownMetadata } from "./ownMetadata.ts"
import { withTrace } from "./Said.ts"
import type { Trace } from "./Trace.ts"
import {
  holdsBack,
  type PolicyVerdict,
  type Verdict,
  type VerdictReason,
  visibleVerdict,
  worseVerdict,
} from "./Verdict.ts"

/** The features of an answer's next tokens at one site: parts for one site follow each other without gaps. */
export type FacetTraceData = Pick<Trace, "site" | "layer" | "tokens">

/** What a guard said of what came in, or of what the model said so far. */
export interface FacetVerdictData {
  readonly of: "input" | "output"
  /** The text that was judged, where there are several. */
  readonly channel?: string
  readonly verdict: ToldVerdict
}

/** A verdict as people are told it: a server may keep to itself what it cost. */
export interface ToldVerdict extends Omit<Verdict, "policies" | "tokens">, Partial<Pick<Verdict, "tokens">> {
  readonly policies: ReadonlyArray<ToldPolicyVerdict>
}

/** One of its policies; what finding the reason cost may be left out. */
export interface ToldPolicyVerdict extends Omit<PolicyVerdict, "reason"> {
  readonly reason?: Omit<VerdictReason, "tokens"> & Partial<Pick<VerdictReason, "tokens">>
}

/** A judgement failed. With `onError: "allow"` what it was about was let through, otherwise it was blocked. */
export interface FacetFailureData {
  readonly of: "input" | "output"
  readonly error: { readonly name: string; readonly message: string }
}

interface Payloads {
  readonly trace: FacetTraceData
  readonly verdict: FacetVerdictData
  readonly failure: FacetFailureData
}

/** What parts there are. */
export type FacetPartName = keyof Payloads

/** A part as it is read. */
export interface FacetPart<Name extends FacetPartName> {
  readonly type: "custom"
  readonly kind: `facet.${Name}`
  readonly providerMetadata: { readonly facet: Payloads[Name] }
}

export type FacetTracePart = FacetPart<"trace">
export type FacetVerdictPart = FacetPart<"verdict">
export type FacetFailurePart = FacetPart<"failure">

/** A part as it is sent. */
export interface SentFacetPart<Name extends FacetPartName> {
  readonly type: "custom"
  readonly kind: `facet.${Name}`
  readonly providerMetadata: { facet: JsonFields }
}

/**
 * The features of an answer's next tokens, as a part to be sent.
 *
 * @example
 * facetTrace(trace) // => { type: "custom", kind: "facet.trace", providerMetadata: { facet: { site, layer, tokens } } }
 */
export const facetTrace = ({ layer, site, tokens }: FacetTraceData): SentFacetPart<"trace"> =>
  sent("trace", { site, layer, tokens })

/**
 * What a guard said, as a part to be sent.
 *
 * @example
 * facetVerdict({ of: "input", verdict: await facet.shield("How do I pick a lock?") })
 */
export const facetVerdict = ({ channel, of, verdict }: FacetVerdictData): SentFacetPart<"verdict"> =>
  sent("verdict", { of, ...(channel !== undefined && { channel }), verdict: visibleVerdict(of, verdict) })

/**
 * A judgement that failed, as a part to be sent.
 *
 * @example
 * facetFailure({ of: "output", error: new GuardTimeoutError({ milliseconds: 30_000 }) })
 */
export const facetFailure = ({ error, of }: Pick<FailurePart, "error" | "of">): SentFacetPart<"failure"> =>
  sent("failure", { of, error: toldError(error) })

const sent = <Name extends FacetPartName>(name: Name, payload: Payloads[Name]): SentFacetPart<Name> => ({
  type: "custom",
  kind: `facet.${name}`,
  providerMetadata: { facet: ownMetadata(toJson(payload)) },
})

const toldError = (error: unknown): FacetFailureData["error"] =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: "Error", message: String(error) }

/** Whether a part is Facet's own: it is for people to look at, and no part of a prompt. */
export const isFacetPart = (part: object, name?: FacetPartName): boolean => {
  if (!("type" in part) || part.type !== "custom" || !("kind" in part) || typeof part.kind !== "string") return false
  return name === undefined ? part.kind.startsWith("facet.") : part.kind === `facet.${name}`
}

/** A message of any chat: of a `FacetChatTransport`, or of a server that uses `@facet/ai-sdk-provider`. */
export interface MessageWithParts {
  readonly parts: ReadonlyArray<object>
}

/**
 * The features behind an answer: one trace for each site that was asked for.
 *
 * @example
 * tracesOf(message).map(({ layer, site, tokens }) => `${site} ${layer}: ${tokens.length} tokens`)
 */
export const tracesOf = (message: MessageWithParts): ReadonlyArray<FacetTraceData> =>
  payloadsOf(message, "trace", isTrace).reduce(withTrace, [])

/**
 * What a guard said of the question and of the answer: for each side the latest verdict, or the first that flagged it.
 *
 * @example
 * verdictsOf(message).map(({ of, verdict }) => `${of}: ${verdict.flagged ? "flagged" : "passed"}`)
 */
export function verdictsOf(message: MessageWithParts): ReadonlyArray<FacetVerdictData> {
  const told = new Map<FacetVerdictData["of"], FacetVerdictData>()
  for (const verdict of payloadsOf(message, "verdict", isVerdict)) {
    const known = told.get(verdict.of)
    if (known === undefined || worseVerdict(known.verdict, verdict.verdict) === verdict.verdict)
      told.set(verdict.of, verdict)
  }
  return [...told.values()]
}

/** Judgements that failed. */
export const failuresOf = (message: MessageWithParts): ReadonlyArray<FacetFailureData> =>
  payloadsOf(message, "failure", isFailure)

/** Whether the question was blocked, or the answer. */
export const blockedOf = (message: MessageWithParts): "input" | "output" | undefined =>
  verdictsOf(message).find(({ verdict }) => holdsBack(verdict))?.of

/** Messages come over networks and out of stores: a part without the form of its name is none. */
function payloadsOf<Payload>(
  { parts }: MessageWithParts,
  name: FacetPartName,
  isPayload: (payload: unknown) => payload is Payload,
): ReadonlyArray<Payload> {
  return parts
    .filter((part) => isFacetPart(part, name))
    .map((part) =>
      "providerMetadata" in part && isRecord(part.providerMetadata) ? part.providerMetadata["facet"] : {},
    )
    .filter(isPayload)
}

const isTrace = (payload: unknown): payload is FacetTraceData =>
  isRecord(payload) &&
  typeof payload["site"] === "string" &&
  typeof payload["layer"] === "number" &&
  isListOf(payload["tokens"], ({ features, token }) => typeof token === "string" && isListOf(features, isRecord))

const isVerdict = (payload: unknown): payload is FacetVerdictData =>
  isRecord(payload) &&
  isSide(payload["of"]) &&
  isRecord(payload["verdict"]) &&
  typeof payload["verdict"]["flagged"] === "boolean" &&
  isListOf(payload["verdict"]["policies"], ({ policy }) => typeof policy === "string")

const isFailure = (payload: unknown): payload is FacetFailureData =>
  isRecord(payload) &&
  isSide(payload["of"]) &&
  isRecord(payload["error"]) &&
  typeof payload["error"]["message"] === "string"

const isSide = (of: unknown): of is "input" | "output" => of === "input" || of === "output"

const isListOf = (list: unknown, isItem: (item: Readonly<Record<string, unknown>>) => boolean): boolean =>
  Array.isArray(list) && list.every((item) => isRecord(item) && isItem(item))
