/**
 * Gemma 3, its text model: Gemma 2's layer with norms over each query and key, five sliding layers to one that sees
 * everything, each kind with its own rotary embedding, and no soft-caps.
 *
 * Source: Gemma 3 report (arXiv 2503.19786), section 2, and transformers' `modeling_gemma3.py`; defaults of
 * `configuration_gemma3.py`.
 */
import type { Fields } from "../files/Fields.ts"
import type { GgufEntry } from "../files/gguf/layOutGguf.ts"
import type { JsonObject } from "../files/ModelFiles.ts"
import type { ModelConfig, Rotary } from "../graph/ModelConfig.ts"
import type { TensorSpec } from "../words/Tensors.ts"
import type { Architecture, Shape } from "./Architecture.ts"
import { gemma2, makeLayer } from "./gemma2.ts"
import {
  checkQueryScalar,
  checkSliding,
  f32,
  float,
  gemmaTensors,
  notForGguf,
  queryScalar,
  readGemmaConfig,
  u32,
  writeGemmaConfig,
} from "./GgufSpelling.ts"
import { readHeads, readLayers, readLayerTypes } from "./Shapes.ts"

const title = "Gemma 3"
/** By which its largest model is known where a file does not say how scores are scaled. */
const layersOf27B = 62
const vision = "the vision tower"

export const gemma3: Architecture = {
  title,
  names: [
    "Gemma3ForCausalLM",
    "Gemma3ForConditionalGeneration",
    "Gemma3TextModel",
    "Gemma3Model",
    "gemma3_text",
    "gemma3",
  ],
  section: "text_config",
  shape,
  tensors,
  // As the Hub has multimodal checkpoints, as transformers 5 saves them, and text alone.
  prefixes: ["language_model.model.", "model.language_model.", "model.", "language_model.", ""],
  leftOut: {
    "vision_tower.": vision,
    "model.vision_tower.": vision,
    "multi_modal_projector.": vision,
    "model.multi_modal_projector.": vision,
  },
  gguf: {
    name: "gemma3",
    tensors: { ...gemmaTensors, "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm" },
    addedToNorms: 1,
    // Ollama keeps it in the same file.
    leftOut: { "v.": vision, "mm.": vision },
    readConfig: readGguf,
    writeConfig: writeGguf,
  },
  formula: (own) => ({
    ...gemma2.formula(own),
    layer: makeLayer((g, attention, input) => [
      g.headNorm(g.linear(input, `${attention}.q_proj`), g.onePlus(`${attention}.q_norm`)),
      g.headNorm(g.linear(input, `${attention}.k_proj`), g.onePlus(`${attention}.k_norm`)),
      g.linear(input, `${attention}.v_proj`),
    ]),
  }),
  template: gemma2.template,
  endOfTurn: gemma2.endOfTurn,
  endOfText: gemma2.endOfText,
  judges: false,
}

/**
 * llama.cpp's defaults (`llama-model.cpp`) where a key is missing, but for the rotary base, which Ollama's files lack or
 * spell otherwise.
 */
function readGguf(metadata: Fields): JsonObject {
  return {
    architectures: ["Gemma3ForCausalLM"],
    model_type: "gemma3_text",
    ...readGemmaConfig(metadata),
    query_pre_attn_scalar: queryScalar(metadata, layersOf27B),
    sliding_window: metadata.count("attention.sliding_window"),
    ...readPattern(metadata),
    ...(metadata.has("final_logit_softcapping") && {
      final_logit_softcapping: float(metadata, "final_logit_softcapping", 30),
    }),
    rope_theta: float(metadata, firstOf(metadata, "rope.freq_base", "rope.global.freq_base"), 1_000_000),
    rope_local_base_freq: float(metadata, firstOf(metadata, "rope.freq_base_swa", "rope.local.freq_base"), 10_000),
    ...readScaling(metadata),
  }
}

const firstOf = (metadata: Fields, name: string, other: string): string =>
  metadata.has(name) || !metadata.has(other) ? name : other

/** A number, or whether each layer slides. */
function readPattern(metadata: Fields): JsonObject {
  const key = "attention.sliding_window_pattern"
  const pattern = metadata.get(key)
  if (!Array.isArray(pattern)) return { sliding_window_pattern: metadata.count(key, 6) }
  return { layer_types: pattern.map((slides: unknown) => (slides === true ? "sliding_attention" : "full_attention")) }
}

/** Ollama's files with a vision tower, which is those of 4B and more, do not say that their context was stretched by 8. */
function readScaling(metadata: Fields): JsonObject {
  const isStretched = metadata.has("mm.tokens_per_image") && !metadata.has("rope.scaling.factor")
  if (isStretched) return { rope_scaling: { rope_type: "linear", factor: 8 } }
  const type = metadata.get("rope.scaling.type") ?? "none"
  if (type === "none") return {}
  return { rope_scaling: { rope_type: type, factor: float(metadata, "rope.scaling.factor", 1) } }
}

function writeGguf(config: ModelConfig): Readonly<Record<string, GgufEntry>> {
  checkQueryScalar(config, layersOf27B)
  const period = config.slidingLayers.indexOf(false) + 1 || config.layers + 1
  checkSliding(config, period)
  const { full, sliding } = config.rotary
  if (sliding.factor !== 1)
    throw notForGguf("rope_scaling", "that of the sliding layers, too", "stretches the others alone")
  return {
    ...writeGemmaConfig(config),
    "attention.sliding_window_pattern": u32(period),
    "rope.freq_base": f32(full.base),
    "rope.freq_base_swa": f32(sliding.base),
    ...(full.factor !== 1 && {
      "rope.scaling.type": { type: "text", value: "linear" } as const,
      "rope.scaling.factor": f32(full.factor),
    }),
    ...(config.finalLogitSoftcap !== null && { final_logit_softcapping: f32(config.finalLogitSoftcap) }),
  }
}

function shape(fields: Fields): Shape {
  fields.mustBe("hidden_activation", "gelu_pytorch_tanh", title)
  fields.mustBe("attention_bias", false, title)
  fields.mustBe("use_bidirectional_attention", false, title)
  fields.mustBe("attn_logit_softcapping", null, title)
  const vocabSize = fields.count("vocab_size", 262_208)
  const layers = readLayers(fields, 26)
  // After so many layers one sees everything.
  const pattern = fields.count("sliding_window_pattern", 6)
  return {
    vocabSize,
    hiddenSize: fields.count("hidden_size", 2304),
    layers,
    intermediateSize: fields.count("intermediate_size", 9216),
    ...readHeads(fields, { heads: 8, kvHeads: 4, headDim: 256 }),
    queryPreAttnScalar: fields.positive("query_pre_attn_scalar", 256),
    slidingWindow: fields.count("sliding_window", 4096),
    attnLogitSoftcap: null,
    finalLogitSoftcap: fields.positiveOrNull("final_logit_softcapping", null),
    rotary: {
      full: readRotary(fields, "full_attention", { base: "rope_theta", otherwise: 1_000_000, scaling: "rope_scaling" }),
      sliding: readRotary(fields, "sliding_attention", { base: "rope_local_base_freq", otherwise: 10_000 }),
    },
    rmsNormEps: fields.positive("rms_norm_eps", 1e-6),
    contextLength: fields.count("max_position_embeddings", 131_072),
    slidingLayers: readLayerTypes(fields, layers, (layer) => (layer + 1) % pattern !== 0),
    bosId: fields.tokenId("bos_token_id", vocabSize, 2),
  }
}

/** Where transformers 4 writes what `rope_parameters` of transformers 5 holds for one kind of layers. */
interface OlderSpelling {
  readonly base: string
  readonly otherwise: number
  readonly scaling?: string
}

function readRotary(fields: Fields, kind: string, { base, otherwise, scaling }: OlderSpelling): Rotary {
  const own = fields.section("rope_parameters")?.section(kind)
  const scaled = own ?? (scaling === undefined ? undefined : fields.section(scaling))
  const factor = scaled === undefined ? 1 : readFactor(scaled)
  if (own?.has("rope_theta") === true) return { base: own.positive("rope_theta"), factor }
  return { base: fields.positive(base, otherwise), factor }
}

/** Of "linear" scaling, which is the one that Gemma 3 has. */
function readFactor(scaling: Fields): number {
  const name = scaling.has("rope_type") ? "rope_type" : "type"
  const kind = scaling.get(name) ?? "default"
  if (kind === "default") return 1
  if (kind === "linear") return scaling.positive("factor")
  throw scaling.refuse(name, `is ${JSON.stringify(kind)}; ${title} has "default" or "linear"`)
}

/** Gemma 2's, and two norms a layer. */
function tensors(own: Shape): ReadonlyArray<TensorSpec> {
  const norms = Array.from({ length: own.layers }, (_, layer) =>
    ["q_norm", "k_norm"].map((name): TensorSpec => ({
      name: `model.layers.${layer}.self_attn.${name}`,
      kind: "norm",
      rows: 1,
      columns: own.headDim,
    })),
  )
  return [...gemma2.tensors(own), ...norms.flat()]
}
