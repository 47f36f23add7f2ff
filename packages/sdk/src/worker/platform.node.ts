/** Facet on Node: models are folders, the engine is a thread. */
import { resolveModel } from "../files/disk/openFolder.node.ts"
import { layerEngine } from "./client.node.ts"
import { cpuOffer } from "../runtime/DeviceOffer.ts"
import type { Platform } from "./Platform.ts"

export const platform: Platform = {
  devices: [cpuOffer],
  // Models are folders on the disk.
  storages: ["persistent"],
  takesWorker: false,
  embedded: async () => {
    const tiny = await import("@facet/tiny")
    return { gemma: tiny.gemmaFolder, shield: tiny.shieldFolder, scope: tiny.scopeFolder }
  },
  resolveModel,
  resolveScope: (scope) => scope,
  layerEngine: (settings) => layerEngine(settings),
}
