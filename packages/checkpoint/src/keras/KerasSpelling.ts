/** How Keras's files (keras-hub, `keras_hub/src/models/gemma`, `gemma3`) spell what the architectures' tables name. */
import type { TensorSpec } from "@facet/sdk/folders"

/** How the axes of a dataset lie, for a matrix that is `[rows, columns]` in the table. */
export type KerasAxes =
  /** As in the table: `[rows, columns]`, or `[columns]` of a norm. */
  | "plain"
  /** A kernel of `EinsumDense`: `[columns, rows]`. */
  | "transposed"
  /** Rows by heads: `[heads, columns, width of a head]`. */
  | "headRows"
  /** Columns by heads: `[heads, width of a head, rows]`. */
  | "headColumns"

export interface KerasPlace {
  /** Where the variable may be, the first that is there: Keras has changed under which attribute it is met first. */
  readonly paths: ReadonlyArray<string>
  readonly axes: KerasAxes
}

const ofModel: Readonly<Record<string, ReadonlyArray<string>>> = {
  "model.embed_tokens": ["layers/reversible_embedding", "token_embedding"],
  "model.norm": ["layers/rms_normalization", "layer_norm"],
}

const ofLayer: Readonly<Record<string, readonly [path: string, axes: KerasAxes]>> = {
  input_layernorm: ["pre_attention_norm", "plain"],
  "self_attn.q_proj": ["attention/query_dense", "headRows"],
  "self_attn.k_proj": ["attention/key_dense", "headRows"],
  "self_attn.v_proj": ["attention/value_dense", "headRows"],
  "self_attn.q_norm": ["attention/query_norm", "plain"],
  "self_attn.k_norm": ["attention/key_norm", "plain"],
  "self_attn.o_proj": ["attention/output_dense", "headColumns"],
  post_attention_layernorm: ["post_attention_norm", "plain"],
  pre_feedforward_layernorm: ["pre_ffw_norm", "plain"],
  "mlp.gate_proj": ["gating_ffw", "transposed"],
  "mlp.up_proj": ["gating_ffw_2", "transposed"],
  "mlp.down_proj": ["ffw_linear", "transposed"],
  post_feedforward_layernorm: ["post_ffw_norm", "plain"],
}

/**
 * Where a file has a tensor of the table.
 *
 * @param block the class of a layer, as Keras writes it: `gemma_decoder_block`. The first has no number.
 */
export function kerasPlace(name: string, block: string): KerasPlace {
  const [, layer, rest = ""] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? []
  const whole = ofModel[name]
  if (whole !== undefined) return { paths: whole, axes: "plain" }
  const own = ofLayer[rest]
  if (layer === undefined || own === undefined) throw new Error(`Keras's name of ${name} is in no table`)
  const [path, axes] = own
  const numbered = layer === "0" ? block : `${block}_${layer}`
  return { paths: ["layers", "transformer_layers"].map((list) => `${list}/${numbered}/${path}`), axes }
}

/** What a dataset must measure. */
export function kerasShape(spec: TensorSpec, axes: KerasAxes, headDim: number): ReadonlyArray<number> {
  const { columns, kind, rows } = spec
  if (axes === "transposed") return [columns, rows]
  if (axes === "headRows") return [rows / headDim, columns, headDim]
  if (axes === "headColumns") return [columns / headDim, headDim, rows]
  return kind === "norm" ? [columns] : [rows, columns]
}
