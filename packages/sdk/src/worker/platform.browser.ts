/** Facet in a page: models are URLs, the engine is a module Web Worker. */
import { embeddedPrefix } from "./WorkerMessages.ts"
import { folderUrl } from "../files/http/folderUrl.ts"
import { persistStorage } from "../files/opfs/persistStorage.browser.ts"
import { ScopeFileError } from "../words/Errors.ts"
import { layerEngine } from "./client.browser.ts"
import { wasmOffer, webGpuOffer } from "../runtime/DeviceOffer.ts"
import { storageKinds } from "../words/Device.ts"
import type { Platform } from "./Platform.ts"

/** Some browsers ask the user: once is enough. */
let asked: Promise<boolean> | undefined

/** What is no path: a release or a source of Gemma Scope's. A file of its own is a URL. */
const isScopeName = (text: string): boolean =>
  /^(?:hf:|google\/|https:\/\/(?:www\.)?neuronpedia\.org\/)?[\w./-]*gemma-?scope/.test(text) &&
  !/\.(?:npz|safetensors)$|^[./]/.test(text.replace(/^hf:.*/, ""))

export const platform: Platform = {
  devices: [webGpuOffer, wasmOffer],
  storages: storageKinds,
  takesWorker: true,
  // Its files are assets of the worker's bundle, so the page only says their names.
  embedded: async () => ({
    gemma: `${embeddedPrefix}tiny-gemma-it`,
    shield: `${embeddedPrefix}tiny-shield`,
    scope: `${embeddedPrefix}tiny-scope`,
  }),
  fetchesModels: false,
  // The worker reads what stands behind `hf:`, and tells a GGUF from a folder: of that the page needs nothing.
  resolveModel: async (model) => (/^hf:/i.test(model) ? model : folderUrl(model, location.href).address),
  // Only a page may ask, not the worker that downloads. Refused, the model may have to be downloaded again one day.
  keepDownloads: () => {
    asked ??= persistStorage()
  },
  // The catalogue is large, and few pages name an autoencoder by it.
  resolveScope: async (scope, { id }, { onProgress }) => {
    if (typeof scope !== "string" || isScopeName(scope)) {
      const { scopeUrl } = await import("../scope/scopeUrl.ts")
      return scopeUrl(scope, id, onProgress)
    }
    if (URL.canParse(scope, location.href)) return new URL(scope, location.href).href
    throw new ScopeFileError({ file: scope, problem: "not a URL", remedy: "Give the URL of one params.npz." })
  },
  layerEngine,
}
