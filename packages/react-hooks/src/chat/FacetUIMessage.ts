import type { FinishReason, Progress, Timings, Trace, Usage, Verdict } from "@facet/sdk"
import type { UIMessage } from "ai"
import type { FacetStatus } from "../store/FacetStore.ts"

/** The features of an answer's tokens at one site. */
export type FacetTraceData = Pick<Trace, "site" | "layer" | "tokens">

/** What a guard said of what came in, or of what the model said so far. */
export interface FacetVerdictData {
  readonly of: "input" | "output"
  readonly verdict: Verdict
}

/** A judgement failed, and what it was about was let through since the guard's `onError` is `"allow"`. */
export interface FacetFailureData {
  readonly of: "input" | "output"
  readonly error: { readonly name: string; readonly message: string }
}

/** How far the Facet is that an answer waits for. Transient: it comes to `onData` alone. */
export interface FacetProgressData {
  readonly status: FacetStatus
  readonly progress: Progress | undefined
}

/** The data parts of a message, without `data-` before their names. */
// A type and not an interface: the AI SDK wants one with an index signature.
export type FacetDataParts = {
  "facet-trace": FacetTraceData
  "facet-verdict": FacetVerdictData
  "facet-failure": FacetFailureData
  "facet-progress": FacetProgressData
}

/** What is known of an answer at its end; a stopped one has none. */
export interface FacetMessageMetadata {
  readonly finishReason?: FinishReason | undefined
  readonly usage?: Usage | undefined
  readonly timings?: Timings | undefined
}

/** A message of a chat with Gemma: text, and what the guard and the autoencoders say of it. */
export type FacetUIMessage = UIMessage<FacetMessageMetadata, FacetDataParts>
