/** Facet in a page: models are URLs, the engine is a module Web Worker. */
import { embeddedPrefix } from "../hub/embedded.ts"
import { folderUrl } from "../hub/folderUrl.ts"
import { persistStorage } from "../hub/persistence.browser.ts"
import { ScopeFileError } from "../Errors.ts"
import { layerEngine } from "../worker/client.browser.ts"
import type { Platform } from "./Platform.ts"

export const platform: Platform = {
  devices: ["webgpu", "wasm"],
  // Its files are assets of the worker's bundle, so the page only says their names.
  embedded: async () => ({
    gemma: `${embeddedPrefix}tiny-gemma-it`,
    shield: `${embeddedPrefix}tiny-shield`,
    scope: `${embeddedPrefix}tiny-scope`,
  }),
  resolveModel: async (model) => {
    const { address } = folderUrl(model, location.href)
    // Only a page may ask, not the worker that downloads. Refused, the model may have to be downloaded again one day.
    void persistStorage()
    return address
  },
  resolveScope: (scope) => {
    if (URL.canParse(scope, location.href)) return new URL(scope, location.href).href
    throw new ScopeFileError({ file: scope, problem: "not a URL", remedy: "Give the URL of one params.npz." })
  },
  layerEngine,
}
