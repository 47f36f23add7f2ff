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
import { ElementType, GraphBuilder, type Value } from "./Onnx.ts"
import { siteKey, siteWidth, type Site } from "./Sites.ts"
import { Weights } from "./Weights.ts"

/**
 * What comes out at the end.
 * - `vocabulary`: logits over the whole vocabulary, at the positions given in `rows`;
 * - `candidates`: logits of the token ids given in `candidates` alone, at the positions given in `rows`: what a
 *   classifier needs, without the product with 256,000 rows.
 */
export type Head = "vocabulary" | "candidates"

export interface DecoderOptions {
  readonly head: Head
  /** Sites that a run may fetch, each under its {@link siteKey}: `[1, S, width]`. One that is not fetched is not copied. */
  readonly taps: ReadonlyArray<Site>
}

/** Names of the graph's inputs and outputs. */
export const names = {
  /** int64 `[1, S]`: the new tokens. */
  inputIds: "input_ids",
  /** int64 `[1]`: `P`. */
  pastLength: "past_length",
  /** int32 `[1]`: `P + S`. */
  totalLength: "total_length",
  /** int32 `[1]`: `P + S - 1`. */
  lastPosition: "last_position",
  /** int64 `[R]`: which of the `S` positions the head reads; may be empty. */
  rows: "rows",
  /** int64 `[C]`: token ids for the `candidates` head. */
  candidates: "candidates",
  /** float32 `[1, kvHeads, capacity, headDim]` a layer. */
  pastKey: (layer: number) => `past_key.${layer}`,
  pastValue: (layer: number) => `past_value.${layer}`,
  /** float32 `[1, 2 * layers * kvHeads, S, headDim]`: the new rows; layer by layer, keys before values. */
  newKeyValues: "new_key_values",
  /** float32 `[1, R, vocabSize]` or `[1, R, C]`. */
  logits: "logits",
} as const

/** The decoder of the model in `tensors`, as the bytes of an ONNX file. */
export function buildDecoder(
  config: GemmaConfig,
  tensors: ReadonlyMap<string, TensorLocation>,
  options: DecoderOptions,
): Uint8Array {
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
    this.#weights = new Weights(this.#graph, config, tensors)
  }

  build(): Uint8Array {
    const { hiddenSize, layers, kvHeads, headDim } = this.#config
    const g = this.#graph
    const ids = g.input(names.inputIds, ElementType.int64, [1, "S"])
    const past = {
      pastLength: g.input(names.pastLength, ElementType.int64, [1]),
      totalLength: g.input(names.totalLength, ElementType.int32, [1]),
      lastPosition: g.input(names.lastPosition, ElementType.int32, [1]),
    }
    const rotary = this.#rotary()
    let x = g.op("Mul", [this.#embed(ids), g.scalar(Math.fround(Math.sqrt(hiddenSize)))])
    for (let layer = 0; layer < layers; layer++) x = this.#layer(x, layer, past, rotary)
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

  /** Cosines and sines of every position, `[contextLength, headDim / 2]`, folded to constants when the session opens. */
  #rotary(): { readonly cos: Value; readonly sin: Value } {
    const { contextLength, headDim, ropeTheta } = this.#config
    const g = this.#graph
    const frequencies = Float32Array.from({ length: headDim / 2 }, (_, i) => 1 / ropeTheta ** ((2 * i) / headDim))
    const positions = Float32Array.from({ length: contextLength }, (_, i) => i)
    const angles = g.op("Mul", [g.constant(positions, [contextLength, 1]), g.constant(frequencies, [1, headDim / 2])])
    return { cos: g.op("Cos", [angles]), sin: g.op("Sin", [angles]) }
  }

  #layer(x: Value, layer: number, past: PastInputs, rotary: { readonly cos: Value; readonly sin: Value }): Value {
    const g = this.#graph
    const name = `model.layers.${layer}`
    const z = this.#attention(this.#norm(x, `${name}.input_layernorm`), layer, past, rotary)
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
  #attention(x: Value, layer: number, past: PastInputs, rotary: { readonly cos: Value; readonly sin: Value }): Value {
    const { hiddenSize, heads, kvHeads, headDim } = this.#config
    const g = this.#graph
    const name = `model.layers.${layer}.self_attn`
    const query = this.#weights.linear(x, `${name}.q_proj`, heads * headDim, hiddenSize)
    const key = this.#weights.linear(x, `${name}.k_proj`, kvHeads * headDim, hiddenSize)
    const value = this.#weights.linear(x, `${name}.v_proj`, kvHeads * headDim, hiddenSize)
    const shape = [1, kvHeads, "capacity", headDim]
    const pastKey = g.input(names.pastKey(layer), ElementType.float32, shape)
    const pastValue = g.input(names.pastValue(layer), ElementType.float32, shape)
    const [z, presentKey, presentValue] = g.opMany(
      "GroupQueryAttention",
      [query, key, value, pastKey, pastValue, past.lastPosition, past.totalLength, rotary.cos, rotary.sin],
      [true, true, true],
      {
        domain: "com.microsoft",
        attributes: {
          num_heads: heads,
          kv_num_heads: kvHeads,
          scale: { float: this.#config.queryPreAttnScalar ** -0.5 },
          softcap: { float: this.#config.attnLogitSoftcap ?? 0 },
          // Counts the keys that a query sees, itself included; -1 is all.
          local_window_size: this.#config.slidingLayers[layer] === true ? this.#config.slidingWindow : -1,
          do_rotary: 1,
          rotary_interleaved: 0,
        },
      },
    ) as [Value, Value, Value]
    this.#newKeyValues.push(this.#newRows(presentKey, past), this.#newRows(presentValue, past))
    return z
  }

  #newRows(present: Value, past: PastInputs): Value {
    const g = this.#graph
    const end = g.op("Cast", [past.totalLength], { attributes: { to: ElementType.int64 } })
    return g.op("Slice", [present, past.pastLength, end, g.ints(2)])
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

interface PastInputs {
  readonly pastLength: Value
  readonly totalLength: Value
  readonly lastPosition: Value
}
