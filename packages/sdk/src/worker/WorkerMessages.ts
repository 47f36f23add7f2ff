/**
 * What a page and the engine's Web Worker say to each other beside the protocol's own messages: the worker that its script
 * runs, the page with what settings the engine starts, and the worker, since a browser does not tell when one has ended,
 * that its engine cannot go on.
 */
import type { EngineSettings } from "../platform/Platform.ts"

/** The worker's first word, and its answer to {@link HelloMessage}. */
export const running = "facet-engine is running"

/** Said by a page that may have come too late to hear that word. */
export interface HelloMessage {
  readonly kind: "hello"
}

export type WorkerSettings = Omit<EngineSettings, "worker">

export interface StartMessage {
  readonly kind: "start"
  readonly settings: WorkerSettings
}

export interface LostMessage {
  readonly kind: "lost"
  readonly reason: string
}
