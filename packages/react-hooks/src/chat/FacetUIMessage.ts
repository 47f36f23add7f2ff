import type { FinishReason, Progress, Timings, Usage } from "@facet/sdk/words"
import type { UIMessage } from "ai"
import type { FacetStatus } from "../store/FacetStore.ts"

/** How far the Facet is that an answer waits for. Transient: it comes to `onData` alone. */
export interface FacetProgressData {
  readonly status: FacetStatus
  readonly progress: Progress | undefined
}

/** The data parts of a message, without `data-` before their names. */
// A type and not an interface: the AI SDK wants one with an index signature.
export type FacetDataParts = {
  "facet-progress": FacetProgressData
}

/** What is known of an answer at its end; a stopped one has none. */
export interface FacetMessageMetadata {
  readonly finishReason?: FinishReason | undefined
  readonly usage?: Usage | undefined
  readonly timings?: Timings | undefined
}

/**
 * A message of a chat with Gemma: text, and in `custom` parts what the guard and the autoencoders say of it, which
 * `verdictsOf`, `failuresOf` and `tracesOf` read.
 */
export type FacetUIMessage = UIMessage<FacetMessageMetadata, FacetDataParts>
