/**
 * Gemma Scope 2's autoencoders of Gemma 3: of four layers of each model in several widths and three degrees of sparsity, and of
 * every layer in two widths and two. Crosscoders are not listed.
 *
 * Source: SAELens 6.54 (`pretrained_saes.yaml`); widths of tensors: Gemma 3's configurations.
 */
import { widthNamed } from "../SaePath.ts"
import { type PublishedSae, type PublishedSite, publishedSae } from "./PublishedSae.ts"

/** How sparse one is, by its publisher's word. */
const sparsities = ["small", "medium", "big"] as const
type Sparsity = (typeof sparsities)[number]

interface Size {
  readonly layers: number
  readonly residual: number
  readonly heads: number
  /** The four layers, and what `small`, `medium` and `big` aim at in the first of them. */
  readonly chosen: ReadonlyArray<number>
  readonly first: readonly [number, number, number]
  /** What `small` and `big` aim at in the early layers, where every layer has one; 20 and 120 behind. */
  readonly every: { readonly small: string; readonly big: string }
}

const sizes: Readonly<Record<string, Size>> = {
  "270m": {
    layers: 18,
    residual: 640,
    heads: 1024,
    chosen: [5, 9, 12, 15],
    first: [18, 55, 135],
    every: { small: "10 11 13 15 16 18", big: "60 70 80 90 100 110" },
  },
  "1b": {
    layers: 26,
    residual: 1152,
    heads: 1024,
    chosen: [7, 13, 17, 22],
    first: [18, 54, 132],
    every: { small: "10 11 12 13 14 15 16 18 19", big: "60 66 73 80 87 94 101 108 115" },
  },
  "4b": {
    layers: 34,
    residual: 2560,
    heads: 2048,
    chosen: [9, 17, 22, 29],
    first: [17, 53, 131],
    every: { small: "10 10 11 12 13 14 15 16 17 17 18 19", big: "60 65 70 75 81 86 91 97 102 107 112 118" },
  },
  "12b": {
    layers: 48,
    residual: 3840,
    heads: 4096,
    chosen: [12, 24, 31, 41],
    first: [17, 52, 127],
    every: {
      small: "10 10 11 11 12 13 13 14 15 15 16 16 17 18 18 19",
      big: "60 63 67 71 75 78 82 86 90 93 97 101 105 108 112 116",
    },
  },
  "27b": {
    layers: 62,
    residual: 5376,
    heads: 4096,
    chosen: [16, 31, 40, 53],
    first: [17, 53, 129],
    every: {
      small: "10 10 10 11 11 12 12 13 13 14 14 15 15 16 16 17 17 18 18 19 19",
      big: "60 62 65 68 71 74 77 80 83 86 89 91 94 97 100 103 106 109 112 115 118",
    },
  },
}

const laterEvery = { small: 20, big: 120 } as const
const laterChosen: Readonly<Record<Sparsity, number>> = { small: 20, medium: 60, big: 150 }

interface Kind extends PublishedSite {
  /** In SAELens' names of releases. */
  readonly name: string
  readonly folder: string
  /** Widths at the four layers (of the 1B model's MLP there is 1m, too), and at every layer. */
  readonly chosen: ReadonlyArray<string>
  readonly every: ReadonlyArray<string>
}

const kinds: ReadonlyArray<Kind> = [
  {
    name: "res",
    short: "res",
    site: "resid_post",
    folder: "resid_post",
    chosen: ["16k", "65k", "262k", "1m"],
    every: ["16k", "262k"],
  },
  {
    name: "att",
    short: "att",
    site: "attn_z",
    folder: "attn_out",
    chosen: ["16k", "65k", "262k"],
    every: ["16k", "262k"],
  },
  {
    name: "mlp",
    short: "mlp",
    site: "mlp_out",
    folder: "mlp_out",
    chosen: ["16k", "65k", "262k"],
    every: ["16k", "262k"],
  },
  {
    name: "transcoders",
    short: "transcoder",
    site: "mlp_in",
    writes: "mlp_out",
    folder: "transcoder",
    chosen: ["16k", "65k", "262k"],
    every: ["16k", "262k"],
  },
]

/** What SAELens lists no release of. */
const unlisted: ReadonlySet<string> = new Set([
  "27b-pt-att",
  "27b-pt-att-all",
  "27b-pt-mlp",
  "27b-pt-mlp-all",
  "27b-pt-transcoders",
])

/** Single ones that are not there: of one release all but two, of another those of three layers. */
const isMissing = (release: string, folder: string): boolean =>
  release === "270m-pt-transcoders"
    ? !["layer_15_width_262k_l0_big_affine", "layer_9_width_16k_l0_small_affine"].includes(folder)
    : /^27b-..-transcoders-all$/.test(release) &&
      /^layer_(?:4_width_16k_l0_\w+|5_width_16k_l0_small|43_width_16k_l0_\w+)$/.test(folder) &&
      !folder.endsWith("_affine")

export function gemmaScope2(): ReadonlyArray<PublishedSae> {
  return Object.keys(sizes).flatMap((size) =>
    ["pt", "it"].flatMap((tuning) =>
      kinds.flatMap((kind) => [...ofChosen(size, tuning, kind), ...ofEvery(size, tuning, kind)]),
    ),
  )
}

interface One {
  readonly release: string
  readonly folder: string
  readonly layer: number
  readonly width: string
  readonly sparsity: Sparsity
  readonly averageL0: number
  /** What distinguishes it from others of the same words: `_affine`, `_seed_1`. */
  readonly variant: string
}

const sizeOf = (size: string): Size => {
  const found = sizes[size]
  if (found === undefined) throw new Error(`the catalogue has no size ${size}`)
  return found
}

function ofChosen(size: string, tuning: string, kind: Kind): ReadonlyArray<PublishedSae> {
  const { chosen, first } = sizeOf(size)
  const release = `${size}-${tuning}-${kind.name}`
  const widths = size === "1b" && kind.name === "mlp" ? [...kind.chosen, "1m"] : kind.chosen
  return chosen
    .flatMap((layer, at) =>
      widths.flatMap((width) =>
        sparsities.flatMap((sparsity, i) => {
          const averageL0 = at === 0 ? (first[i] ?? 0) : laterChosen[sparsity]
          const hasSeed = kind.name === "res" && width === "262k" && sparsity === "medium"
          return variantsOf(kind, hasSeed).map((variant) =>
            make(size, tuning, kind, { release, folder: kind.folder, layer, width, sparsity, averageL0, variant }),
          )
        }),
      ),
    )
    .filter((one) => one !== undefined)
}

function ofEvery(size: string, tuning: string, kind: Kind): ReadonlyArray<PublishedSae> {
  const { every, layers } = sizeOf(size)
  const release = `${size}-${tuning}-${kind.name}-all`
  return Array.from({ length: layers }, (_, layer) =>
    kind.every.flatMap((width) =>
      (["small", "big"] as const).flatMap((sparsity) => {
        const averageL0 = Number(every[sparsity].split(" ")[layer] ?? laterEvery[sparsity])
        const folder = `${kind.folder}_all`
        return variantsOf(kind, false).map((variant) =>
          make(size, tuning, kind, { release, folder, layer, width, sparsity, averageL0, variant }),
        )
      }),
    ),
  )
    .flat()
    .filter((one) => one !== undefined)
}

const variantsOf = ({ writes }: Kind, hasSeed: boolean): ReadonlyArray<string> =>
  writes === undefined ? (hasSeed ? ["", "_seed_1"] : [""]) : ["", "_affine"]

/** Neuronpedia has the middle of the four layers' autoencoders, and of every layer's transcoders the sparse affine ones. */
function isNeuronpedias({ writes }: Kind, { folder, sparsity, variant }: One): boolean {
  if (writes !== undefined) return folder.endsWith("_all") && sparsity === "small" && variant === "_affine"
  return !folder.endsWith("_all") && sparsity === "medium" && variant === ""
}

function make(size: string, tuning: string, kind: Kind, one: One): PublishedSae | undefined {
  const { averageL0, folder, layer, release, sparsity, variant, width } = one
  const name = `layer_${layer}_width_${width}_l0_${sparsity}${variant}`
  if (unlisted.has(release) || isMissing(release, name)) return undefined
  const { heads, residual } = sizeOf(size)
  const isEvery = folder.endsWith("_all")
  const isCanonical = isEvery ? sparsity === "big" && variant === "" : sparsity === "medium" && variant === ""
  const model = `gemma-3-${size}${tuning === "it" ? "-it" : ""}`
  return publishedSae({
    release: `gemma-scope-2-${release}`,
    repository: `google/gemma-scope-2-${size}-${tuning}`,
    folder: `${folder}/${name}`,
    fileName: "params.safetensors",
    // Gemma 3's smallest goes without a suffix on the Hub, the others not.
    trained: tuning === "it" ? model : size === "270m" ? model : `${model}-pt`,
    place: kind,
    layer,
    width: widthNamed(width),
    averageL0,
    isCanonical,
    dModel: kind.site === "attn_z" ? heads : residual,
    isAffine: variant === "_affine",
    saeLensIds: [[`gemma-scope-2-${release}`, kind.writes !== undefined && !isEvery ? `${folder}/${name}` : name]],
    neuronpedia: isNeuronpedias(kind, one) ? `${model}/${layer}-gemmascope-2-${kind.short}-${width}` : undefined,
  })
}
