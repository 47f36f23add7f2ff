/** What the blob `config` says, in the words of Hugging Face's `config.json`. */
import { type ModelFileError, UnsupportedModelError } from "@facet/sdk/words"
import type { JsonObject } from "@facet/sdk/folders"
import type { FieldReader } from "./FieldReader.ts"

/** Of gemma.cpp's `LayerConfig` (`gemma/configs.h`), what a model differs in. */
interface Layer {
  readonly width: number
  readonly inner: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly hasBiases: boolean
  readonly hasPostNorms: boolean
  readonly isGemma: boolean
  readonly hasHeadNorms: boolean
}

/** The order of the fields is the format. */
function readLayer(fields: FieldReader): Layer {
  return fields.record((own) => {
    const width = own.u32()
    own.u32() // of Griffin, gone
    const inner = own.u32()
    const heads = own.u32()
    const kvHeads = own.u32()
    const headDim = own.u32()
    own.u32() // of Griffin, gone
    const hasBiases = own.u32() !== 0
    own.u32() // of Griffin, gone
    own.u32() // how the exporter found the gates
    const hasPostNorms = own.u32() === 1
    const isGemma = own.u32() === 0
    own.u32() // activation: there is one
    const isWholeRope = own.u32() === 0
    const hasHeadNorms = own.u32() !== 0
    return {
      width,
      inner,
      heads,
      kvHeads,
      headDim,
      hasBiases,
      hasPostNorms,
      isGemma: isGemma && isWholeRope,
      hasHeadNorms,
    }
  })
}

function readModelFields(fields: FieldReader) {
  return fields.record((own) => {
    own.u32() // version of the family
    const name = own.text()
    own.u32() // model
    own.u32() // wrapping of prompts
    own.u32() // type of most weights
    const layers = own.u32()
    const width = own.u32()
    const vocabulary = own.u32()
    const context = own.u32()
    own.u32() // number of scales, gone
    const attentionCap = own.f32()
    const finalCap = own.f32()
    const hasAbsolutePositions = own.u32() !== 0
    own.u32() // of Griffin, gone
    const scalesByStream = own.u32() === 1
    const layerConfigs = own.list(readLayer)
    const windows = own.list((one) => one.u32())
    own.u32(1) // groups of norms
    const hasVision = own.hasMore && readVision(own)
    own.u32(1) // pooling of the vision tower
    const ends = [own.u32(1), own.u32(1)]
    return {
      name,
      layers,
      width,
      vocabulary,
      context,
      attentionCap,
      finalCap,
      hasAbsolutePositions,
      scalesByStream,
      layerConfigs,
      windows,
      hasVision,
      ends,
    }
  })
}

/** Whether there is a vision tower. */
const readVision = (fields: FieldReader): boolean =>
  fields.record((own) => {
    for (let field = 0; field < 5; field++) own.u32()
    return own.list(readLayer).length > 0
  })

export interface SbsConfig {
  /** What becomes `config.json`, but for `bos_token_id`. */
  readonly config: JsonObject
  readonly hasVision: boolean
}

/**
 * @param root for the error.
 * @throws UnsupportedModelError for a model that is neither a Gemma 2 nor a Gemma 3; ModelFileError when fields are damaged.
 */
export function readSbsConfig(
  fields: FieldReader,
  root: string,
  refuse: (problem: string) => ModelFileError,
): SbsConfig {
  const own = readModelFields(fields)
  const [layer] = own.layerConfigs
  if (layer === undefined || own.layerConfigs.length !== own.layers || own.windows.length !== own.layers) {
    throw refuse(
      `its config lists ${own.layerConfigs.length} layers and ${own.windows.length} windows of ${own.layers}`,
    )
  }
  if (own.layerConfigs.some((other) => JSON.stringify(other) !== JSON.stringify(layer))) {
    throw refuse("its layers differ from each other, which no Gemma's do")
  }
  if (!layer.isGemma || !layer.hasPostNorms || layer.hasBiases || own.hasAbsolutePositions) {
    throw new UnsupportedModelError({ model: root, architecture: own.name || "unnamed", supported: "Gemma 2, Gemma 3" })
  }
  const sliding = [...new Set(own.windows.filter((window) => window !== own.context))]
  if (sliding.length > 1) throw refuse(`its layers have windows of ${sliding.join(" and ")} tokens`)
  const config = {
    ...(layer.hasHeadNorms ? gemma3(own.hasVision) : gemma2),
    vocab_size: own.vocabulary,
    hidden_size: own.width,
    intermediate_size: layer.inner,
    num_hidden_layers: own.layers,
    num_attention_heads: layer.heads,
    num_key_value_heads: layer.kvHeads,
    head_dim: layer.headDim,
    query_pre_attn_scalar: own.scalesByStream ? own.width / layer.heads : layer.headDim,
    sliding_window: sliding[0] ?? own.context,
    layer_types: own.windows.map((window) => (window === own.context ? "full_attention" : "sliding_attention")),
    attn_logit_softcapping: own.attentionCap === 0 ? null : own.attentionCap,
    final_logit_softcapping: own.finalCap === 0 ? null : own.finalCap,
    // gemma.cpp has this in its code (`ops/ops-inl.h`).
    rms_norm_eps: 1e-6,
    max_position_embeddings: own.context,
    tie_word_embeddings: true,
    eos_token_id: [...new Set(own.ends)].toSorted((a, b) => a - b),
  }
  return { config, hasVision: own.hasVision }
}

const gemma2 = { architectures: ["Gemma2ForCausalLM"], model_type: "gemma2", rope_theta: 10_000 }

/** A file does not say that the context of those with a vision tower was stretched by 8. */
const gemma3 = (hasVision: boolean): JsonObject => ({
  architectures: ["Gemma3ForCausalLM"],
  model_type: "gemma3_text",
  rope_theta: 1_000_000,
  rope_local_base_freq: 10_000,
  ...(hasVision && { rope_scaling: { rope_type: "linear", factor: 8 } }),
})
