/**
 * What a page and the engine's Web Worker say to each other beside the protocol's own messages: the worker that its script
 * runs, the page with what settings the engine starts, and the worker, since a browser does not tell when one has ended,
 * that its engine cannot go on.
 */
import type { EngineSettings } from "../words/EngineSettings.ts"

/** The worker's first word, and its answer to `hello`. */
export const running = "facet-engine is running"

export type ToWorker =
  /** Said by a page that may have come too late to hear that word. */
  { readonly kind: "hello" } | { readonly kind: "start"; readonly settings: EngineSettings }

export interface LostMessage {
  readonly kind: "lost"
  readonly reason: string
}

/** Before the name of an embedded folder: its files are assets of the worker's bundle. */
export const embeddedPrefix = "embedded:"
