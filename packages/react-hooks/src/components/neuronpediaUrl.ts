/** The page of a feature on Neuronpedia, for the autoencoders that it shows: Gemma Scope's. */
import type { Trace } from "@facet/sdk/words"

/** Which autoencoder a feature belongs to. */
export interface FeatureSource {
  /** The model, such as `google/gemma-2-2b-it`. */
  readonly model: string
  /**
   * The autoencoder: Gemma Scope's folder, such as `layer_20/width_16k/average_l0_71`, with the repository before it or
   * not, or Neuronpedia's own id, such as `20-gemmascope-res-16k`.
   */
  readonly saeId: string
}

type Kind = "res" | "att" | "mlp"

const kindOfSite: Readonly<Record<string, Kind>> = { resid_post: "res", attn_z: "att", mlp_out: "mlp" }

/**
 * The average L0 of the autoencoder that is called canonical, by layer: Neuronpedia shows that one, and the same index
 * in another is another feature. From the layers' folders in Gemma Scope, those nearest to 100.
 */
const canonicalL0: Readonly<Record<string, ReadonlyArray<number>>> = {
  "2b res 16k": [
    105, 102, 141, 59, 124, 68, 70, 69, 71, 73, 77, 80, 82, 84, 84, 78, 78, 77, 74, 73, 71, 70, 72, 75, 73, 116,
  ],
  "2b att 16k": [
    104, 79, 93, 117, 116, 135, 61, 99, 129, 127, 70, 80, 85, 92, 71, 98, 71, 79, 72, 122, 62, 65, 106, 73, 96, 77,
  ],
  "2b mlp 16k": [
    119, 105, 95, 95, 85, 114, 133, 60, 136, 88, 110, 98, 108, 112, 97, 80, 72, 68, 106, 109, 109, 113, 121, 128, 73,
    126,
  ],
  "9b res 16k": [
    129, 69, 67, 90, 91, 77, 93, 92, 99, 100, 113, 118, 130, 132, 67, 131, 75, 73, 71, 132, 68, 129, 123, 120, 114, 114,
    116, 118, 119, 119, 120, 114, 111, 114, 114, 120, 120, 124, 128, 131, 125, 113,
  ],
}

/** Gemma Scope has none for the chat model of 2B: those of the base model are used with both, and shown under its name. */
const sizeOfModel = (model: string): string | undefined => /^(?:google\/)?gemma-2-(2b|9b|27b)(?:-it)?$/.exec(model)?.[1]

const neuronpediaId = /^(\d+)-gemmascope-(res|att|mlp|transcoder)-\d+[km](?:__l0-\d+)?$/
const folder =
  /^(?:(?:google\/)?gemma-scope-(2b|9b|27b)-pt-(res|att|mlp)\/)?layer_(\d+)\/width_(\d+[km])\/(canonical|average_l0_\d+)(?:\/params\.npz)?$/

/**
 * Undefined where there is no such page, or none that is surely the right one.
 *
 * @param place where the trace was taken: it says of which kind an autoencoder without its repository's name is
 * @example
 * neuronpediaUrl({ model: "google/gemma-2-2b", saeId: "20-gemmascope-res-16k" }, 7)
 * // => "https://www.neuronpedia.org/gemma-2-2b/20-gemmascope-res-16k/7"
 */
export function neuronpediaUrl(
  { model, saeId }: FeatureSource,
  index: number,
  place?: Pick<Trace, "site" | "layer">,
): string | undefined {
  const size = sizeOfModel(model)
  if (size === undefined) return undefined
  // The chat model of 9B has autoencoders of its own beside the base model's, under the same folders' names.
  if (size === "9b" && model.endsWith("-it")) return undefined
  const id = sourceId(size, saeId, place)
  return id === undefined ? undefined : `https://www.neuronpedia.org/gemma-2-${size}/${id}/${index}`
}

function sourceId(size: string, saeId: string, place: Pick<Trace, "site" | "layer"> | undefined): string | undefined {
  const isElsewhere = (layer: string): boolean => place !== undefined && place.layer !== Number(layer)
  const [, idLayer] = neuronpediaId.exec(saeId) ?? []
  if (idLayer !== undefined) return isElsewhere(idLayer) ? undefined : saeId
  const [, folderSize, folderKind, layer, width, l0] = folder.exec(saeId) ?? []
  if (layer === undefined || width === undefined || l0 === undefined || isElsewhere(layer)) return undefined
  if (folderSize !== undefined && folderSize !== size) return undefined
  const kind = folderKind ?? (place === undefined ? undefined : kindOfSite[place.site])
  if (kind === undefined) return undefined
  const canonical = canonicalL0[`${size} ${kind} ${width}`]?.[Number(layer)]
  const isCanonical = l0 === "canonical" || l0 === `average_l0_${canonical}`
  return isCanonical ? `${layer}-gemmascope-${kind}-${width}` : undefined
}
