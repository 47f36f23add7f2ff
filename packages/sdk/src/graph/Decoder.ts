/**
 * Gemma 2's decoder as an ONNX graph, built for what is wanted.
 *
 * One run takes `S` new tokens after `P` past ones. Past keys and values come from buffers that are longer than `P`;
 * only the new rows come out, so nothing that the caller already has is copied back.
 *
 * Source: Gemma 2 report (arXiv 2408.00118) and transformers' `modeling_gemma2.py`.
 */
import type { GemmaConfig } from "../model/Config.ts"
import type { TensorLocation } from "../model/Safetensors.ts"
import { attention, type AttentionKind, names as attentionNames } from "./Attention.ts"
import { ElementType, type Graph, GraphBuilder, type Value } from "./Onnx.ts"
import { siteKey, siteWidth, type Site } from "./Sites.ts"
import { type Multiplication, Weights } from "./Weights.ts"

/**
 * What comes out at the end.
 * - `vocabulary`: logits over the whole vocabulary, at the positions given in `rows`;
 * - `candidates`: logits of the token ids given in `candidates` alone, at the positions given in `rows`: what a
 *   classifier needs, without the product with 256,000 rows.
 */
export type Head = "vocabulary" | "candidates"

/** Which of the operators that give the same numbers a device runs rightly and fast. */
export interface Operators {
  readonly attention: AttentionKind
  readonly multiplication: Multiplication
}

export interface DecoderOptions {
  readonly operators: Operators
  readonly head: Head
  /** Sites that a run may fetch, each under its {@link siteKey}: `[1, S, width]`. One that is not fetched is not copied. */
  readonly taps: ReadonlyArray<Site>
}

/** Names of the graph's inputs and outputs. */
export const names = {
  /** int64 `[1, S]`: the new tokens. */
  inputIds: "input_ids",
  ...attentionNames,
  /** int64 `[R]`: which of the `S` positions the head reads; may be empty. */
  rows: "rows",
  /** int64 `[C]`: token ids for the `candidates` head. */
  candidates: "candidates",
  /** float32 `[1, 2 * layers * kvHeads, S, headDim]`: the new rows; layer by layer, keys before values. */
  newKeyValues: "new_key_values",
  /** float32 `[1, R, vocabSize]` or `[1, R, C]`. */
  logits: "logits",
} as const

/** The decoder of the model in `tensors`. */
export function buildDecoder(
  config: GemmaConfig,
  tensors: ReadonlyMap<string, TensorLocation>,
  options: DecoderOptions,
): Graph {
  return new DecoderBuilder(config, tensors, options).build()
}

class DecoderBuilder {
  readonly #config: GemmaConfig
  readonly #options: DecoderOptions
  readonly #graph = new GraphBuilder("gemma2")
  readonly #weights: Weights
  readonly #newKeyValues: Array<Value> = []

  constructor(config: GemmaConfig, tensors: ReadonlyMap<string, TensorLocation>, options: DecoderOptions) {
    this.#config = config
    this.#options = options
    this.#weights = new Weights(this.#graph, config, tensors, options.operators.multiplication)
  }

  build(): Graph {
    const { hiddenSize, layers, kvHeads, headDim } = this.#config
    const g = this.#graph
    const ids = g.input(names.inputIds, ElementType.int64, [1, "S"])
    const attend = attention(g, this.#config, this.#options.operators.attention)
    let x = g.op("Mul", [this.#embed(ids), g.scalar(Math.fround(Math.sqrt(hiddenSize)))])
    for (let layer = 0; layer < layers; layer++) x = this.#layer(x, layer, attend)
    g.output(names.newKeyValues, g.op("Concat", this.#newKeyValues, { attributes: { axis: 1 } }), [
      1,
      2 * layers * kvHeads,
      "S",
      headDim,
    ])
    this.#head(x)
    return g.build()
  }

  #embed(ids: Value): Value {
    return this.#weights.rows(ids, "model.embed_tokens", this.#config.vocabSize, this.#config.hiddenSize)
  }

  #layer(x: Value, layer: number, attend: ReturnType<typeof attention>): Value {
    const g = this.#graph
    const name = `model.layers.${layer}`
    const z = this.#attention(this.#norm(x, `${name}.input_layernorm`), layer, attend)
    this.#tap({ layer, site: "attn_z" }, z)
    const { hiddenSize, intermediateSize, heads, headDim } = this.#config
    const attended = this.#weights.linear(z, `${name}.self_attn.o_proj`, hiddenSize, heads * headDim)
    const afterAttention = this.#norm(attended, `${name}.post_attention_layernorm`)
    // One fused operator adds to the residual stream and norms it for the MLP: outputs 0 and 3 are norm and sum.
    const [normed, , , residual] = g.opMany(
      "SkipSimplifiedLayerNormalization",
      [afterAttention, x, this.#weights.gain(`${name}.pre_feedforward_layernorm`)],
      [true, false, false, true],
      { domain: "com.microsoft", attributes: { epsilon: { float: this.#config.rmsNormEps } } },
    ) as [Value, Value, Value, Value]
    const gate = this.#weights.linear(normed, `${name}.mlp.gate_proj`, intermediateSize, hiddenSize)
    const up = this.#weights.linear(normed, `${name}.mlp.up_proj`, intermediateSize, hiddenSize)
    const hidden = g.op("Mul", [g.op("Gelu", [gate], { attributes: { approximate: "tanh" } }), up])
    const down = this.#weights.linear(hidden, `${name}.mlp.down_proj`, hiddenSize, intermediateSize)
    const mlpOut = this.#norm(down, `${name}.post_feedforward_layernorm`)
    this.#tap({ layer, site: "mlp_out" }, mlpOut)
    const output = g.op("Add", [residual, mlpOut])
    this.#tap({ layer, site: "resid_post" }, output)
    return output
  }

  /** The heads' outputs, concatenated: `[1, S, heads * headDim]`. */
  #attention(x: Value, layer: number, attend: ReturnType<typeof attention>): Value {
    const { hiddenSize, heads, kvHeads, headDim } = this.#config
    const name = `model.layers.${layer}.self_attn`
    const { newKey, newValue, z } = attend(layer, {
      query: this.#weights.linear(x, `${name}.q_proj`, heads * headDim, hiddenSize),
      key: this.#weights.linear(x, `${name}.k_proj`, kvHeads * headDim, hiddenSize),
      value: this.#weights.linear(x, `${name}.v_proj`, kvHeads * headDim, hiddenSize),
    })
    this.#newKeyValues.push(newKey, newValue)
    return z
  }

  #norm(x: Value, name: string): Value {
    return this.#graph.op("SimplifiedLayerNormalization", [x, this.#weights.gain(name)], {
      attributes: { axis: -1, epsilon: { float: this.#config.rmsNormEps } },
    })
  }

  #tap(site: Site, value: Value): void {
    const wanted = this.#options.taps.some((tap) => siteKey(tap) === siteKey(site))
    if (wanted) this.#graph.output(siteKey(site), value, [1, "S", siteWidth(this.#config, site.site)])
  }

  #head(x: Value): void {
    const { vocabSize, hiddenSize } = this.#config
    const g = this.#graph
    const rows = g.input(names.rows, ElementType.int64, ["R"])
    const read = this.#norm(g.op("Gather", [x, rows], { attributes: { axis: 1 } }), "model.norm")
    if (this.#options.head === "vocabulary") {
      const logits = this.#weights.linear(read, "model.embed_tokens", vocabSize, hiddenSize)
      g.output(names.logits, this.#softcap(logits), [1, "R", vocabSize])
      return
    }
    const candidates = g.input(names.candidates, ElementType.int64, ["C"])
    const columns = g.op("Transpose", [this.#embed(candidates)], { attributes: { perm: [1, 0] } })
    g.output(names.logits, this.#softcap(g.op("MatMul", [read, columns])), [1, "R", "C"])
  }

  /** `cap * tanh(x / cap)`. */
  #softcap(logits: Value): Value {
    const cap = this.#config.finalLogitSoftcap
    if (cap === null) return logits
    const g = this.#graph
    return g.op("Mul", [g.op("Tanh", [g.op("Div", [logits, g.scalar(cap)])]), g.scalar(cap)])
  }
}
