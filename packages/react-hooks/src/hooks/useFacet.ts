import { useSyncExternalStore } from "react"
import type { FacetSnapshot } from "../store/FacetStore.ts"
import { useFacetStore } from "./FacetContext.ts"

export interface UseFacetResult extends FacetSnapshot {
  /** Opens the Facet, or waits for the opening that is under way. Never rejects: see `error`. */
  readonly load: () => Promise<void>
  /** Gives an opening up; bytes that arrived are kept for the next time. */
  readonly cancel: () => void
  /** Closes the Facet and frees its memory, unless it was handed in open. `load()` opens it again. */
  readonly dispose: () => Promise<void>
}

/**
 * The provider's Facet: where it stands, and how to open and close it.
 *
 * @example
 * const { status, progress, error, load } = useFacet()
 */
export function useFacet(): UseFacetResult {
  const store = useFacetStore()
  const snapshot = useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot)
  return { ...snapshot, load: store.load, cancel: store.cancel, dispose: store.dispose }
}
