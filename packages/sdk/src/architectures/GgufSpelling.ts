/** How GGUF files spell an architecture: llama.cpp's names for what Hugging Face's files call otherwise. */
import type { Fields } from "../files/Fields.ts"
import type { GgufEntry } from "../files/gguf/layOutGguf.ts"
import type { JsonObject } from "../files/ModelFiles.ts"
import { headName, type ModelConfig } from "../graph/ModelConfig.ts"
import { invalidRequest } from "../words/Errors.ts"

export interface GgufSpelling {
  /** `general.architecture`; the keys of the metadata begin with it and a dot. */
  readonly name: string
  /** GGUF's names for the table's, without `.weight` and, inside a layer, without what names the layer. */
  readonly tensors: Readonly<Record<string, string>>
  /** What files add to the gain of every norm, so that a reader need not. */
  readonly addedToNorms: number
  /** As `Architecture.leftOut`. */
  readonly leftOut: Readonly<Record<string, string>>
  /**
   * What becomes `config.json`, but for the vocabulary and its ids.
   *
   * @param metadata by its keys after the architecture's name.
   * @throws ModelFileError that names the key when one is missing or makes no sense.
   */
  readonly readConfig: (metadata: Fields) => JsonObject
  /**
   * The metadata of a file that llama.cpp runs as we do, by its keys after the architecture's name.
   *
   * @throws InvalidRequestError where llama.cpp takes for granted what this model has otherwise.
   */
  readonly writeConfig: (config: ModelConfig) => Readonly<Record<string, GgufEntry>>
}

/** A tensor's name in GGUF files: `model.layers.3.mlp.gate_proj` is `blk.3.ffn_gate.weight`. */
export function ggufName({ tensors }: GgufSpelling, name: string): string {
  const [, layer, rest] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? []
  const own = name === headName ? "output" : tensors[rest ?? name]
  if (own === undefined) throw new Error(`GGUF's name of ${name} is not in the architecture's table`)
  return `${layer === undefined ? "" : `blk.${layer}.`}${own}.weight`
}

/** Gemma's layers, as llama.cpp names their tensors (llama.cpp, `gguf-py/gguf/tensor_mapping.py`). */
export const gemmaTensors: GgufSpelling["tensors"] = {
  "model.embed_tokens": "token_embd",
  "model.norm": "output_norm",
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "post_attention_norm",
  pre_feedforward_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
  post_feedforward_layernorm: "post_ffw_norm",
}

/** Fields that both Gemmas have in both files. */
export function readGemmaConfig(metadata: Fields): JsonObject {
  const headDim = metadata.count("attention.key_length")
  if (metadata.count("attention.value_length", headDim) !== headDim) {
    throw metadata.refuse("attention.value_length", `is not attention.key_length, ${headDim}`)
  }
  return {
    max_position_embeddings: metadata.count("context_length"),
    hidden_size: metadata.count("embedding_length"),
    num_hidden_layers: metadata.count("block_count"),
    intermediate_size: metadata.count("feed_forward_length"),
    num_attention_heads: metadata.count("attention.head_count"),
    num_key_value_heads: metadata.count("attention.head_count_kv"),
    head_dim: headDim,
    rms_norm_eps: float(metadata, "attention.layer_norm_rms_epsilon", 1e-6),
  }
}

export const writeGemmaConfig = (config: ModelConfig): Readonly<Record<string, GgufEntry>> => ({
  context_length: u32(config.contextLength),
  embedding_length: u32(config.hiddenSize),
  block_count: u32(config.layers),
  feed_forward_length: u32(config.intermediateSize),
  "attention.head_count": u32(config.heads),
  "attention.head_count_kv": u32(config.kvHeads),
  "attention.layer_norm_rms_epsilon": f32(config.rmsNormEps),
  "attention.key_length": u32(config.headDim),
  "attention.value_length": u32(config.headDim),
  "attention.sliding_window": u32(config.slidingWindow),
})

/**
 * What the metadata does not say: attention scores are scaled by a head's width, but in the largest model of the family,
 * which llama.cpp knows by its layers (`llama-model.cpp`, `f_attention_scale`), by the width of the stream over the heads.
 */
export function queryScalar(metadata: Fields, layersOfLargest: number): number {
  const isLargest = metadata.count("block_count") === layersOfLargest
  if (!isLargest) return metadata.count("attention.key_length")
  return metadata.count("embedding_length") / metadata.count("attention.head_count")
}

/** @throws InvalidRequestError when llama.cpp would scale this model's scores otherwise: see {@link queryScalar}. */
export function checkQueryScalar(
  { headDim, heads, hiddenSize, layers, queryPreAttnScalar }: ModelConfig,
  layersOfLargest: number,
): void {
  const assumed = layers === layersOfLargest ? hiddenSize / heads : headDim
  if (queryPreAttnScalar !== assumed) {
    throw notForGguf("query_pre_attn_scalar", queryPreAttnScalar, `takes ${assumed} for granted`)
  }
}

/** @throws InvalidRequestError when not every layer slides but each `period`th. */
export function checkSliding({ slidingLayers }: ModelConfig, period: number): void {
  if (slidingLayers.every((slides, layer) => slides === ((layer + 1) % period !== 0))) return
  throw notForGguf("layer_types", "of another order", `lets all layers slide but each ${period}th`)
}

export const notForGguf = (field: string, value: unknown, what: string) =>
  invalidRequest(
    "target",
    `the model's ${field} is ${String(value)}, which a GGUF cannot say, and llama.cpp ${what}`,
    "Convert it into a folder; Facet runs it from there.",
  )

export const u32 = (value: number): GgufEntry => ({ type: "u32", value })
export const f32 = (value: number): GgufEntry => ({ type: "f32", value })

/** A number that was rounded to f32, as somebody wrote it down: 1e-6 and not 9.999999974752427e-7. */
export function float(metadata: Fields, name: string, otherwise: number): number {
  const value = metadata.positive(name, otherwise)
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}
