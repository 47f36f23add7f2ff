/** Facet on Node: models are folders, the engine is a thread. */
import { layerEngine } from "./client.node.ts"
import { resolveScope } from "../models/resolveScope.node.ts"
import { resolveModel } from "../models/resolveModel.node.ts"
import { UnsupportedDeviceError } from "../words/Errors.ts"
import { cpuOffer, offerAsProvided, webGpuOffer } from "../runtime/DeviceOffer.ts"
import type { Platform } from "./Platform.ts"

/** The oldest release that runs what this package is made of, as its `engines` say. */
const oldestNode: readonly [major: number, minor: number] = [22, 19]

/** @throws UnsupportedDeviceError for a release of Node that is older. */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return
  throw new UnsupportedDeviceError({
    device: "cpu",
    problem: `Node ${version} is too old`,
    remedy: `Use Node ${oldestNode.join(".")} or later.`,
  })
}

/** A bundle of CommonJS has no address, beside which the engine's thread and the embedded models would be found. */
function checkPlace(): void {
  checkNode(process.versions.node)
  const address: unknown = import.meta.url
  if (typeof address === "string") return
  throw new UnsupportedDeviceError({
    device: "cpu",
    problem: "a bundler made CommonJS of this package, where it does not find its own files",
    remedy: "Keep @facet/sdk out of the bundle (external): docs/serving.md shows how.",
  })
}

export const platform: Platform = {
  // `auto` takes what no driver computes wrongly.
  devices: [cpuOffer, { ...webGpuOffer, isAsked: true }, ...(["cuda", "coreml", "dml"] as const).map(offerAsProvided)],
  // Models are folders on the disk.
  storages: ["persistent"],
  takesWorker: false,
  embedded: async () => {
    checkPlace()
    const tiny = await import("@facet/tiny")
    return { gemma: tiny.gemmaFolder, shield: tiny.shieldFolder, scope: tiny.scopeFolder }
  },
  fetchesModels: true,
  resolveModel: (model, terms) => {
    checkPlace()
    return resolveModel(model, terms)
  },
  keepDownloads: () => {},
  resolveScope,
  layerEngine: (settings) => layerEngine(settings),
}
