/** Facet on Node: models are folders, the engine is a thread. */
import { resolveModel } from "../hub/folder.node.ts"
import { layerEngine } from "../worker/client.node.ts"
import type { Platform } from "./Platform.ts"

export const platform: Platform = {
  devices: ["cpu"],
  embedded: async () => {
    const tiny = await import("@facet/tiny")
    return { gemma: tiny.gemmaFolder, shield: tiny.shieldFolder, scope: tiny.scopeFolder }
  },
  resolveModel,
  resolveScope: (scope) => scope,
  layerEngine,
}
