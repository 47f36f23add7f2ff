/** What a backbone's `config.json` says, in the words of Hugging Face's. */
import { UnsupportedModelError } from "@facet/sdk/words"
import type { Fields, JsonObject } from "@facet/sdk/folders"

export interface KerasConfig {
  /** What becomes `config.json`, but for the ids of tokens. */
  readonly config: JsonObject
  /** The class of a layer, as weight files spell it. */
  readonly block: string
  /** Parts of the backbone that are no part of the text model, by the beginning of their variables' paths. */
  readonly leftOut: Readonly<Record<string, string>>
}

interface Backbone {
  readonly title: string
  readonly block: string
  readonly leftOut: Readonly<Record<string, string>>
  readonly read: (own: Fields) => JsonObject
  /** What it is where it is not the model of the title, for an error. */
  readonly otherwise: (own: Fields) => string | undefined
}

const isOn = (own: Fields, name: string): boolean => own.get(name) === true

/** By the name of the class: `keras_hub.models.GemmaBackbone` is Gemma 1 and Gemma 2, by its options. */
const backbones: Readonly<Record<string, Backbone>> = {
  GemmaBackbone: {
    title: "Gemma 2",
    block: "gemma_decoder_block",
    leftOut: {},
    otherwise: (own) =>
      isOn(own, "use_post_ffw_norm") && isOn(own, "use_post_attention_norm")
        ? undefined
        : "GemmaBackbone without norms after attention and MLP, which is a Gemma 1",
    read: (own) => ({
      architectures: ["Gemma2ForCausalLM"],
      model_type: "gemma2",
      ...common(own),
      // Gate and up are counted together.
      intermediate_size: own.count("intermediate_dim") / 2,
      rope_theta: 10_000,
      ...slidingLayers(own, (layer) => layer % 2 === 0),
    }),
  },
  Gemma3Backbone: {
    title: "Gemma 3",
    block: "gemma3_decoder_block",
    leftOut: {
      "layers/gemma3_vision_encoder": "the vision tower",
      vision_encoder: "the vision tower",
    },
    otherwise: (own) => {
      if (isOn(own, "is_embedding_model")) return "Gemma3Backbone with a pooled output, which is an EmbeddingGemma"
      const norms = ["use_post_ffw_norm", "use_post_attention_norm", "use_query_key_norm"]
      const missing = norms.find((name) => !isOn(own, name))
      return missing === undefined ? undefined : `Gemma3Backbone without ${missing}`
    },
    read: (own) => ({
      architectures: ["Gemma3ForCausalLM"],
      model_type: "gemma3_text",
      ...common(own),
      intermediate_size: own.count("intermediate_dim"),
      rope_theta: 1_000_000,
      rope_local_base_freq: 10_000,
      use_bidirectional_attention: own.get("use_bidirectional_attention") ?? false,
      ...scaling(own),
      ...slidingLayers(own, (layer) => layer % 6 < 5),
    }),
  },
}

/**
 * @param file of the configuration, for the error.
 * @throws UnsupportedModelError for another class, or for a Gemma that Facet does not run; ModelFileError that names a field
 * which is missing or makes no sense.
 */
export function readKerasConfig(fields: Fields, file: string): KerasConfig {
  const name = fields.get("class_name")
  if (typeof name !== "string") throw fields.refuseValue("class_name", "the name of a backbone, as keras-hub writes it")
  const own = fields.section("config")
  if (own === undefined) throw fields.refuseValue("config", "an object")
  const backbone = Object.hasOwn(backbones, name) ? backbones[name] : undefined
  const other = backbone === undefined ? name : backbone.otherwise(own)
  if (backbone === undefined || other !== undefined) {
    const supported = Object.entries(backbones).map(([known, { title }]) => `${title} (${known})`)
    throw new UnsupportedModelError({ model: file, architecture: other ?? name, supported: supported.join(", ") })
  }
  return { config: backbone.read(own), block: backbone.block, leftOut: backbone.leftOut }
}

/** Fields of both backbones. */
function common(own: Fields): JsonObject {
  const heads = own.count("num_query_heads")
  const hidden = own.count("hidden_dim")
  const headDim = own.count("head_dim")
  return {
    vocab_size: own.count("vocabulary_size"),
    hidden_size: hidden,
    num_hidden_layers: own.count("num_layers"),
    num_attention_heads: heads,
    num_key_value_heads: own.count("num_key_value_heads"),
    head_dim: headDim,
    rms_norm_eps: own.positive("layer_norm_epsilon", 1e-6),
    query_pre_attn_scalar: own.get("query_head_dim_normalize") === false ? Math.floor(hidden / heads) : headDim,
    sliding_window: own.count("sliding_window_size", 4096),
    attn_logit_softcapping: own.positiveOrNull("attention_logit_soft_cap", null),
    final_logit_softcapping: own.positiveOrNull("final_logit_soft_cap", null),
    tie_word_embeddings: true,
  }
}

function slidingLayers(own: Fields, slides: (layer: number) => boolean): JsonObject {
  const isUsed = isOn(own, "use_sliding_window_attention")
  const layers = Array.from({ length: own.count("num_layers", undefined, mostLayers) }, (_, layer) => layer)
  return { layer_types: layers.map((layer) => (isUsed && slides(layer) ? "sliding_attention" : "full_attention")) }
}

/** A list is made of so many before the weights confirm the number. */
const mostLayers = 1024

function scaling(own: Fields): JsonObject {
  if (own.positive("local_rope_scaling_factor", 1) !== 1) {
    throw own.refuse(
      "local_rope_scaling_factor",
      "is not 1, and Gemma 3 stretches the layers that see everything alone",
    )
  }
  const factor = own.positive("global_rope_scaling_factor", 1)
  return factor === 1 ? {} : { rope_scaling: { rope_type: "linear", factor } }
}
