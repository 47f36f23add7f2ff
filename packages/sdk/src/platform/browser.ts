/** Facet in a page: models are URLs, the engine is a module Web Worker. */
import { ModelNotFoundError } from "../Errors.ts"
import { embeddedPrefix } from "../hub/embedded.ts"
import { layerEngine } from "../worker/client.browser.ts"
import type { Platform } from "./Platform.ts"

/** `owner/name`, as the Hugging Face Hub spells ids. A relative URL of two parts is written with a leading `./` or `/`. */
const hubId = /^[\w-][\w.-]*\/[\w-][\w.-]*$/

const hub = "https://huggingface.co"

function locate(model: string): string {
  if (hubId.test(model)) return `${hub}/${model}/resolve/main/`
  try {
    const url = new URL(model, location.href)
    if (url.protocol === "http:" || url.protocol === "https:") return url.href
  } catch {
    // Said below, for every name that is no address.
  }
  throw new ModelNotFoundError({
    model,
    problem: "it is neither an id of the Hugging Face Hub nor an address that a page can fetch",
    remedy: 'Give the http(s) URL of a model folder, an id such as "google/gemma-2-2b-it", or "tiny".',
  })
}

export const platform: Platform = {
  devices: ["webgpu", "wasm"],
  // Its files are assets of the worker's bundle, so the page only says their names.
  embedded: async () => ({
    gemma: `${embeddedPrefix}tiny-gemma-it`,
    shield: `${embeddedPrefix}tiny-shield`,
    scope: `${embeddedPrefix}tiny-scope`,
  }),
  resolveModel: async (model) => asFolder(locate(model)),
  resolveScope: locate,
  layerEngine,
}

/** Files are looked for below it. */
const asFolder = (url: string): string => (url.endsWith("/") ? url : `${url}/`)
