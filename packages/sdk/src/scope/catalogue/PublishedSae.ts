/** An autoencoder that somebody published, and the names that others know it by. */
import type { SiteName } from "../../words/Site.ts"

export interface PublishedSae {
  /** Of several files of one training: SAELens' name of it, `gemma-scope-2b-pt-res`. */
  readonly release: string
  /** On the Hugging Face Hub: `google/gemma-scope-2b-pt-res`. */
  readonly repository: string
  /** Its parameters, in the repository: `layer_20/width_16k/average_l0_71/params.npz`. */
  readonly file: string
  /** The model that it was trained on, as the Hub names it without its owner: `gemma-2-2b`. */
  readonly trained: string
  /** Where it reads; `embedding` is no site that Facet reads. */
  readonly site: SiteName | "embedding"
  /** Of a transcoder: where it writes. */
  readonly writes: SiteName | undefined
  /** From 0. */
  readonly layer: number
  /** Features. */
  readonly width: number
  /** Features that are active at a token, on average, as its publisher measured or aimed at. */
  readonly averageL0: number
  /** Whether it is the one that is meant where nobody says how sparse: of several at one place and width. */
  readonly isCanonical: boolean
  /** Of its file; exact for `.npz`, within a kilobyte for `.safetensors`. */
  readonly bytes: number
  /** SAELens' release and id, the shorter one first. */
  readonly saeLensIds: ReadonlyArray<readonly [release: string, id: string]>
  /** Neuronpedia's model and source, `gemma-2-2b/20-gemmascope-res-16k`; undefined where it has none by its rule. */
  readonly neuronpedia: string | undefined
  /** Why Facet does not open it, where it does not. */
  readonly unread: string | undefined
}

/** A site, and Neuronpedia's word for it. */
export interface PublishedSite {
  readonly short: string
  readonly site: SiteName | "embedding"
  readonly writes?: SiteName
}

export interface PublishedFacts extends Pick<
  PublishedSae,
  "release" | "repository" | "trained" | "layer" | "width" | "averageL0" | "isCanonical" | "saeLensIds" | "neuronpedia"
> {
  readonly folder: string
  readonly fileName: "params.npz" | "params.safetensors"
  readonly place: PublishedSite
  /** Width of what it reads and writes. */
  readonly dModel: number
  /** Whether it has a matrix from what it reads to what it writes. */
  readonly isAffine?: boolean
}

/** Bytes of a stored zip of five arrays beside the arrays: of Gemma Scope's files. */
const npzBytes = 1240
/** Bytes of the header of a safetensors file of five arrays, nearly. */
const safetensorsBytes = 400

export function publishedSae(facts: PublishedFacts): PublishedSae {
  const { dModel, fileName, folder, isAffine = false, place, ...rest } = facts
  const { width } = facts
  const floats = 2 * width * dModel + 2 * width + dModel + (isAffine ? dModel * dModel : 0)
  return {
    ...rest,
    file: `${folder}/${fileName}`,
    site: place.site,
    writes: place.writes,
    bytes: 4 * floats + (fileName === "params.npz" ? npzBytes : safetensorsBytes),
    unread: place.site === "embedding" ? "it reads the embedding, which is no site of Facet's" : undefined,
  }
}
