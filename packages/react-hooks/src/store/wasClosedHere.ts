import type { Effects } from "@facet/sdk/remote"
import type { FacetStore } from "./FacetStore.ts"

/** Whether a call ended because the page itself unloaded or changed the model: somebody's act, and no failure. */
export const wasClosedHere = (cause: unknown, store: FacetStore, effects: Effects | undefined): boolean =>
  effects !== undefined &&
  store.getSnapshot().effects !== effects &&
  cause instanceof Error &&
  "_tag" in cause &&
  cause._tag === "ClosedError"
