/**
 * Gemma 2, and ShieldGemma, which is one.
 *
 * Source: Gemma 2 report (arXiv 2408.00118) and transformers' `modeling_gemma2.py`; defaults of `configuration_gemma2.py`.
 */
import { isJsonObject } from "../files/ModelFiles.ts"
import type { Fields } from "../files/Fields.ts"
import type { DecoderGraph, Formula } from "../graph/Decoder.ts"
import type { Rotary } from "../graph/ModelConfig.ts"
import type { Value } from "../graph/Onnx.ts"
import type { TensorSpec } from "../words/Tensors.ts"
import type { Architecture, Shape } from "./Architecture.ts"
import {
  checkQueryScalar,
  checkSliding,
  f32,
  float,
  gemmaTensors,
  notForGguf,
  queryScalar,
  readGemmaConfig,
  writeGemmaConfig,
} from "./GgufSpelling.ts"
import { readHeads, readLayers, readLayerTypes } from "./Shapes.ts"

const title = "Gemma 2"
/** By which its largest model is known where a file does not say how scores are scaled. */
const layersOf27B = 46

export const gemma2: Architecture = {
  title,
  names: ["Gemma2ForCausalLM", "Gemma2Model", "gemma2"],
  shape,
  tensors,
  prefixes: ["model.", ""],
  leftOut: {},
  gguf: {
    name: "gemma2",
    tensors: gemmaTensors,
    addedToNorms: 1,
    leftOut: {},
    // llama.cpp's defaults (`llama-model.cpp`) where a key is missing.
    readConfig: (metadata) => ({
      architectures: ["Gemma2ForCausalLM"],
      model_type: "gemma2",
      ...readGemmaConfig(metadata),
      query_pre_attn_scalar: queryScalar(metadata, layersOf27B),
      sliding_window: metadata.count("attention.sliding_window", 4096),
      attn_logit_softcapping: float(metadata, "attn_logit_softcapping", 50),
      final_logit_softcapping: float(metadata, "final_logit_softcapping", 30),
      rope_theta: float(metadata, "rope.freq_base", 10_000),
    }),
    writeConfig: (config) => {
      checkQueryScalar(config, layersOf27B)
      checkSliding(config, 2)
      if (config.attnLogitSoftcap === null) throw notForGguf("attn_logit_softcapping", null, "caps attention scores")
      if (config.finalLogitSoftcap === null) throw notForGguf("final_logit_softcapping", null, "caps logits")
      return {
        ...writeGemmaConfig(config),
        attn_logit_softcapping: f32(config.attnLogitSoftcap),
        final_logit_softcapping: f32(config.finalLogitSoftcap),
        "rope.freq_base": f32(config.rotary.full.base),
      }
    },
  },
  formula: ({ hiddenSize }) => ({
    embedding: "model.embed_tokens",
    enter: (g, rows) => g.times(rows, Math.sqrt(hiddenSize)),
    layer: makeLayer(project),
    leave: (g, x) => g.norm(x, g.onePlus("model.norm")),
  }),
  // `tokenizer_config.json` of google/gemma-2-2b-it, as copied in several engines' tests.
  template:
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" +
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" +
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}" +
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}" +
    "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}",
  endOfTurn: "<end_of_turn>",
  endOfText: 1,
  judges: true,
}

function shape(fields: Fields): Shape {
  fields.mustBe("hidden_activation", "gelu_pytorch_tanh", title)
  fields.mustBe("attention_bias", false, title)
  fields.mustBe("rope_scaling", null, title)
  fields.mustBe("use_bidirectional_attention", false, title)
  const vocabSize = fields.count("vocab_size", 256_000)
  const layers = readLayers(fields, 26)
  const rotary = readRotary(fields)
  return {
    vocabSize,
    hiddenSize: fields.count("hidden_size", 2304),
    layers,
    intermediateSize: fields.count("intermediate_size", 9216),
    ...readHeads(fields, { heads: 8, kvHeads: 4, headDim: 256 }),
    queryPreAttnScalar: fields.positive("query_pre_attn_scalar", 256),
    slidingWindow: fields.count("sliding_window", 4096),
    attnLogitSoftcap: fields.positiveOrNull("attn_logit_softcapping", 50),
    finalLogitSoftcap: fields.positiveOrNull("final_logit_softcapping", 30),
    rotary: { full: rotary, sliding: rotary },
    rmsNormEps: fields.positive("rms_norm_eps", 1e-6),
    contextLength: fields.count("max_position_embeddings", 8192),
    // Counted from 0, the even ones slide.
    slidingLayers: readLayerTypes(fields, layers, (layer) => layer % 2 === 0),
    bosId: fields.tokenId("bos_token_id", vocabSize, 2),
  }
}

/**
 * The base of the rotary embedding. transformers 4 writes `rope_theta`; transformers 5 writes
 * `rope_parameters: { rope_theta }`, or one such object per kind of layer.
 */
function readRotary(fields: Fields): Rotary {
  const parameters = fields.get("rope_parameters")
  if (parameters === undefined || parameters === null) return { base: fields.positive("rope_theta", 10_000), factor: 1 }
  if (!isJsonObject(parameters)) throw fields.refuseValue("rope_parameters", "an object")
  const sets = "rope_theta" in parameters ? [parameters] : Object.values(parameters).filter(isJsonObject)
  const bases = new Set<number>()
  for (const { rope_theta: base, rope_type: kind } of sets) {
    if (typeof base !== "number" || !Number.isFinite(base) || base <= 0) {
      throw fields.refuseValue("rope_parameters", "an object whose rope_theta is a finite number above zero")
    }
    if (kind !== undefined && kind !== "default") {
      throw fields.refuse("rope_parameters", `asks for the rope type ${JSON.stringify(kind)}; ${title} has "default"`)
    }
    bases.add(base)
  }
  const [base, ...others] = bases
  if (base === undefined) throw fields.refuse("rope_parameters", "holds no rope_theta")
  if (others.length > 0) {
    throw fields.refuse("rope_parameters", `has different rope_theta for different layers; ${title} has one for all`)
  }
  return { base, factor: 1 }
}

function tensors({ headDim, heads, hiddenSize, intermediateSize, kvHeads, layers, vocabSize }: Shape) {
  const queries = heads * headDim
  const keys = kvHeads * headDim
  const norm = (name: string): TensorSpec => ({ name, kind: "norm", rows: 1, columns: hiddenSize })
  const matrix = (name: string, rows: number, columns: number): TensorSpec => ({ name, kind: "matrix", rows, columns })
  // Several heads of queries read the same keys and values, and what the MLP's last matrix gives is added to the residual
  // stream as it is. Measured: docs/models-and-quantisation.md.
  const sensitive = (name: string, rows: number, columns: number): TensorSpec => ({
    ...matrix(name, rows, columns),
    isSensitive: true,
  })
  const ofLayer = (name: string): ReadonlyArray<TensorSpec> => [
    norm(`${name}.input_layernorm`),
    matrix(`${name}.self_attn.q_proj`, queries, hiddenSize),
    sensitive(`${name}.self_attn.k_proj`, keys, hiddenSize),
    sensitive(`${name}.self_attn.v_proj`, keys, hiddenSize),
    matrix(`${name}.self_attn.o_proj`, hiddenSize, queries),
    norm(`${name}.post_attention_layernorm`),
    norm(`${name}.pre_feedforward_layernorm`),
    matrix(`${name}.mlp.gate_proj`, intermediateSize, hiddenSize),
    matrix(`${name}.mlp.up_proj`, intermediateSize, hiddenSize),
    sensitive(`${name}.mlp.down_proj`, hiddenSize, intermediateSize),
    norm(`${name}.post_feedforward_layernorm`),
  ]
  const embedding: TensorSpec = { name: "model.embed_tokens", kind: "embedding", rows: vocabSize, columns: hiddenSize }
  return [
    embedding,
    ...Array.from({ length: layers }, (_, layer) => ofLayer(`model.layers.${layer}`)).flat(),
    norm("model.norm"),
  ]
}

/** Queries, keys and values of a layer, out of its normed input. */
export type Project = (
  g: DecoderGraph,
  attention: string,
  input: Value,
) => readonly [query: Value, key: Value, value: Value]

const project: Project = (g, attention, input) => [
  g.linear(input, `${attention}.q_proj`),
  g.linear(input, `${attention}.k_proj`),
  g.linear(input, `${attention}.v_proj`),
]

/** A layer with norms before and after attention and MLP. What follows Gemma 2 projects in other ways. */
export const makeLayer =
  (projections: Project): Formula["layer"] =>
  (g, x, at) => {
    const name = `model.layers.${at}`
    const norm = (value: Value, which: string): Value => g.norm(value, g.onePlus(`${name}.${which}`))
    const z = g.attend(at, ...projections(g, `${name}.self_attn`, norm(x, "input_layernorm")))
    const attended = g.linear(g.site({ layer: at, site: "attn_z" }, z), `${name}.self_attn.o_proj`)
    const gain = g.onePlus(`${name}.pre_feedforward_layernorm`)
    const { normed, sum } = g.addAndNorm(norm(attended, "post_attention_layernorm"), x, gain)
    const scaled = g.siteBeforeGain({ layer: at, site: "mlp_in_norm" }, sum, { gain, normed })
    const input = g.site({ layer: at, site: "mlp_in" }, scaled)
    const hidden = g.geluTimes(g.linear(input, `${name}.mlp.gate_proj`), g.linear(input, `${name}.mlp.up_proj`))
    const mlp = norm(g.linear(hidden, `${name}.mlp.down_proj`), "post_feedforward_layernorm")
    return g.site({ layer: at, site: "resid_post" }, g.add(sum, g.site({ layer: at, site: "mlp_out" }, mlp)))
  }
