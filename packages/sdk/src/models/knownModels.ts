/** Models that are published, and what they need. Sizes follow from each architecture's table of tensors. */
import type { Architecture } from "../architectures/Architecture.ts"
import { gemma2 } from "../architectures/gemma2.ts"
import { gemma3 } from "../architectures/gemma3.ts"
import { Fields } from "../files/Fields.ts"
import type { JsonObject } from "../files/ModelFiles.ts"
import { blocksOf } from "../files/Quantisation.ts"
import { isMatrix, type TensorSpec, type WeightDtype } from "../words/Tensors.ts"

/** What a model needs, in bytes. */
export interface Needs {
  /** Of its weights on the disk. */
  readonly disk: number
  /** Of its weights in memory: the CPU computes plain weights as f32. */
  readonly memory: number
}

export interface KnownModel {
  /** On the Hugging Face Hub. */
  readonly id: string
  /** `Gemma 2`. */
  readonly architecture: string
  readonly parameters: number
  /** Whether it writes, or judges what others write. */
  readonly use: "text" | "guard"
  /** The Hub's name of it. */
  readonly licence: string
  /** Whether its licence must be accepted on its page first. */
  readonly isGated: boolean
  /** Tokens that it attends to. */
  readonly contextLength: number
  /** Of its weights as they are published, in bytes: bf16. */
  readonly downloadBytes: number
  readonly needs: Readonly<Record<WeightDtype, Needs>>
  /** Keys and values of one token, in bytes. */
  readonly bytesPerToken: number
}

interface Size {
  readonly architecture: Architecture
  /** What its `config.json` says other than the architecture's defaults. */
  readonly config: JsonObject
  readonly ids: ReadonlyArray<string>
}

/** Source: `config.json` of each on the Hub, and the Gemma 2 and 3 reports' tables of sizes. */
const sizes: ReadonlyArray<Size> = [
  {
    architecture: gemma2,
    config: {
      hidden_size: 2304,
      num_hidden_layers: 26,
      intermediate_size: 9216,
      num_attention_heads: 8,
      num_key_value_heads: 4,
    },
    ids: ["google/gemma-2-2b", "google/gemma-2-2b-it", "google/shieldgemma-2b"],
  },
  {
    architecture: gemma2,
    config: {
      hidden_size: 3584,
      num_hidden_layers: 42,
      intermediate_size: 14_336,
      num_attention_heads: 16,
      num_key_value_heads: 8,
    },
    ids: ["google/gemma-2-9b", "google/gemma-2-9b-it", "google/shieldgemma-9b"],
  },
  {
    architecture: gemma2,
    config: {
      hidden_size: 4608,
      num_hidden_layers: 46,
      intermediate_size: 36_864,
      num_attention_heads: 32,
      num_key_value_heads: 16,
      head_dim: 128,
      query_pre_attn_scalar: 144,
    },
    ids: ["google/gemma-2-27b", "google/gemma-2-27b-it", "google/shieldgemma-27b"],
  },
  {
    architecture: gemma3,
    config: {
      hidden_size: 640,
      num_hidden_layers: 18,
      intermediate_size: 2048,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      vocab_size: 262_144,
      sliding_window: 512,
      max_position_embeddings: 32_768,
    },
    ids: ["google/gemma-3-270m", "google/gemma-3-270m-it"],
  },
  {
    architecture: gemma3,
    config: {
      hidden_size: 1152,
      num_hidden_layers: 26,
      intermediate_size: 6912,
      num_attention_heads: 4,
      num_key_value_heads: 1,
      head_dim: 256,
      vocab_size: 262_144,
      sliding_window: 512,
      max_position_embeddings: 32_768,
    },
    ids: ["google/gemma-3-1b-pt", "google/gemma-3-1b-it"],
  },
]

/** Weights that share a scale, where nobody says otherwise. */
export const defaultBlock = 32

/** What weights of a table need. */
export function needsOf(specs: ReadonlyArray<TensorSpec>, dtype: WeightDtype, block: number = defaultBlock): Needs {
  const sum = (bytes: (spec: TensorSpec) => number): number => specs.reduce((total, spec) => total + bytes(spec), 0)
  const disk = sum((spec) => bytesOf(spec, dtype, block))
  return { disk, memory: dtype === "f16" ? sum((spec) => bytesOf(spec, "f32", block)) : disk }
}

/** As `convertModel` writes them: norms in f32 whatever the matrices are, and beside matrices of 4 bits an embedding of 8. */
function bytesOf(spec: TensorSpec, dtype: WeightDtype, block: number): number {
  const { columns, isSensitive, rows } = spec
  if (!isMatrix(spec) || dtype === "f32") return rows * columns * 4
  if (dtype === "f16") return rows * columns * 2
  // The rows of the embedding are looked up, which blocks of 8 bits allow.
  if (dtype === "int8" && spec.kind !== "embedding") return rows * columns + rows * 4
  const isInFour = spec.kind !== "embedding" && (dtype === "q4" || (dtype === "q4-mixed" && isSensitive !== true))
  const bits = isInFour ? 4 : 8
  return rows * blocksOf(columns, block) * ((block * bits) / 8 + 4)
}

function describe({ architecture, config }: Size, id: string): KnownModel {
  const shape = architecture.shape(new Fields(id, config))
  const specs = architecture.tensors(shape)
  const parameters = specs.reduce((sum, { columns, rows }) => sum + rows * columns, 0)
  return {
    id,
    architecture: architecture.title,
    parameters,
    use: id.includes("shieldgemma") ? "guard" : "text",
    licence: "gemma",
    isGated: true,
    contextLength: shape.contextLength,
    downloadBytes: parameters * 2,
    needs: {
      q4: needsOf(specs, "q4"),
      "q4-mixed": needsOf(specs, "q4-mixed"),
      q8: needsOf(specs, "q8"),
      int8: needsOf(specs, "int8"),
      f16: needsOf(specs, "f16"),
      f32: needsOf(specs, "f32"),
    },
    // Keys and values, both f32.
    bytesPerToken: 2 * shape.layers * shape.kvHeads * shape.headDim * 4,
  }
}

let known: ReadonlyArray<KnownModel> | undefined

/** Every known model, by family and size. */
export function knownModels(): ReadonlyArray<KnownModel> {
  known ??= sizes.flatMap((size) => size.ids.map((id) => describe(size, id)))
  return known
}

/** @param id without a revision. */
export const knownModel = (id: string): KnownModel | undefined => knownModels().find((model) => model.id === id)

/** Licences as people call them, and where they stand. */
const licences: Readonly<Record<string, string>> = {
  gemma: "the Gemma Terms of Use, https://ai.google.dev/gemma/terms",
  "apache-2.0": "the Apache License 2.0",
  mit: "the MIT licence",
}

/** A licence for people, by the Hub's name of it. */
export const licenceTitle = (licence: string): string => licences[licence] ?? licence
