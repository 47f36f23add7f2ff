/**
 * The same model for transformers.js: an ONNX file as the Hub's exports of Gemma are (onnx-community's: 4-bit
 * MatMulNBits, GroupQueryAttention over a cache that grows, logits of the last position), over the bytes of a Facet
 * folder.
 */
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Model, type ModelTensors, openFolder, openTensors, readModel, singleWeights } from "@facet/sdk/folders"
import { madeOnce } from "./madeOnce.ts"
import { ElementType, GraphBuilder, type Value } from "./Onnx.ts"

/** What transformers.js calls a folder's 4-bit file. */
export const dtype = "q4"
const dataFile = `model_${dtype}.onnx_data`

/** Writes `onnx/model_q4.onnx` into a folder of 4-bit weights, unless it is there. The weights stay one file. */
export async function onnxModel(folder: string): Promise<void> {
  const files = await openFolder(folder)
  const model = await readModel(files)
  const located = await openTensors(files, model)
  const onnx = join(folder, "onnx")
  await mkdir(onnx, { recursive: true })
  // ONNX Runtime reads no file outside of the graph's own folder.
  await rm(join(onnx, dataFile), { force: true })
  await link(join(folder, singleWeights), join(onnx, dataFile))
  const recipe = `onnx 1 ${await readFile(join(folder, "config.json"), "utf8")}`
  await madeOnce(join(onnx, `model_${dtype}.onnx`), recipe, (path) => writeFile(path, exported(model, located)))
}

/** What each layer's attention reads besides its projections. */
interface Shared {
  readonly lastSlot: Value
  readonly totalLength: Value
  readonly rotary: (layer: number) => readonly [cos: Value, sin: Value]
}

function exported({ config }: Model, located: ModelTensors): Uint8Array {
  const g = new GraphBuilder("decoder")
  const w = new Weights(g, { config }, located)
  const ids = g.input("input_ids", ElementType.int64, ["batch_size", "sequence_length"])
  const mask = g.input("attention_mask", ElementType.int64, ["batch_size", "total_sequence_length"])
  const shared = sharedOf(g, config, mask)
  let x = g.op("Mul", [w.rows(ids, "model.embed_tokens"), g.scalar(Math.fround(Math.sqrt(config.hiddenSize)))])
  for (let layer = 0; layer < config.layers; layer++) x = layerOf(g, w, { config, shared, layer }, x)
  const end = g.ints(Number.MAX_SAFE_INTEGER)
  const last = w.norm(g.op("Slice", [x, g.ints(-1), end, g.ints(1)]), "model.norm")
  const logits = w.linear(last, "model.embed_tokens")
  const cap = config.finalLogitSoftcap
  const capped =
    cap === null ? logits : g.op("Mul", [g.op("Tanh", [g.op("Div", [logits, g.scalar(cap)])]), g.scalar(cap)])
  g.output("logits", capped, ["batch_size", 1, config.vocabSize])
  return g.build().bytes
}

type Config = Model["config"]

function sharedOf(g: GraphBuilder, config: Config, mask: Value): Shared {
  const toInt32 = { attributes: { to: ElementType.int32 } }
  const ones = g.op("ReduceSum", [mask, g.ints(1)], { attributes: { keepdims: 0 } })
  const width = g.op("Gather", [g.op("Shape", [mask]), g.constant(BigInt64Array.of(1n), [])])
  const { full, sliding } = config.rotary
  const tables = { full: tableOf(g, config, full.base), sliding: tableOf(g, config, sliding.base) }
  return {
    lastSlot: g.op("Cast", [g.op("Sub", [ones, g.ints(1)])], toInt32),
    totalLength: g.op("Cast", [width], toInt32),
    rotary: (layer) => (config.slidingLayers[layer] === true ? tables.sliding : tables.full),
  }
}

function tableOf(g: GraphBuilder, { contextLength, headDim }: Config, base: number): readonly [Value, Value] {
  const half = headDim / 2
  const angles = Float32Array.from(
    { length: contextLength * half },
    (_, i) => Math.floor(i / half) / base ** ((i % half) / half),
  )
  const shape = [contextLength, half]
  return [g.constant(angles.map(Math.cos), shape), g.constant(angles.map(Math.sin), shape)]
}

interface Place {
  readonly config: Config
  readonly shared: Shared
  readonly layer: number
}

function layerOf(g: GraphBuilder, w: Weights, place: Place, x: Value): Value {
  const name = `model.layers.${place.layer}`
  const attended = w.linear(attentionOf(g, w, place, w.norm(x, `${name}.input_layernorm`)), `${name}.self_attn.o_proj`)
  const [input, , , sum] = g.opMany(
    "SkipSimplifiedLayerNormalization",
    [w.norm(attended, `${name}.post_attention_layernorm`), x, w.gain(`${name}.pre_feedforward_layernorm`)],
    [true, false, false, true],
    { domain: "com.microsoft", attributes: { epsilon: { float: place.config.rmsNormEps } } },
  ) as [Value, Value, Value, Value] // As many as were wanted.
  const gate = g.op("Gelu", [w.linear(input, `${name}.mlp.gate_proj`)], { attributes: { approximate: "tanh" } })
  const hidden = g.op("Mul", [gate, w.linear(input, `${name}.mlp.up_proj`)])
  return g.op("Add", [sum, w.norm(w.linear(hidden, `${name}.mlp.down_proj`), `${name}.post_feedforward_layernorm`)])
}

function attentionOf(g: GraphBuilder, w: Weights, { config, layer, shared }: Place, input: Value): Value {
  const { headDim, heads, kvHeads } = config
  const name = `model.layers.${layer}.self_attn`
  const cache = ["batch_size", kvHeads, "past_sequence_length", headDim]
  const past = ["key", "value"].map((part) => g.input(`past_key_values.${layer}.${part}`, ElementType.float32, cache))
  const [z, ...present] = g.opMany(
    "GroupQueryAttention",
    [
      w.headNorm(w.linear(input, `${name}.q_proj`), `${name}.q_norm`),
      w.headNorm(w.linear(input, `${name}.k_proj`), `${name}.k_norm`),
      w.linear(input, `${name}.v_proj`),
      ...past,
      shared.lastSlot,
      shared.totalLength,
      ...shared.rotary(layer),
    ],
    [true, true, true],
    {
      domain: "com.microsoft",
      attributes: {
        num_heads: heads,
        kv_num_heads: kvHeads,
        scale: { float: config.queryPreAttnScalar ** -0.5 },
        softcap: { float: config.attnLogitSoftcap ?? 0 },
        local_window_size: config.slidingLayers[layer] === true ? config.slidingWindow : -1,
        do_rotary: 1,
        rotary_interleaved: 0,
      },
    },
  ) as [Value, Value, Value] // As many as were wanted.
  const grown = ["batch_size", kvHeads, "total_sequence_length", headDim]
  g.output(`present.${layer}.key`, present[0] ?? "", grown)
  g.output(`present.${layer}.value`, present[1] ?? "", grown)
  return z
}

/** The folder's tensors as values of the graph. */
class Weights {
  readonly #graph: GraphBuilder
  readonly #config: Config
  readonly #located: ModelTensors

  constructor(graph: GraphBuilder, { config }: { readonly config: Config }, located: ModelTensors) {
    this.#graph = graph
    this.#config = config
    this.#located = located
  }

  linear(x: Value, name: string): Value {
    const { bits, blockSize, columns, rows } = this.#matrix(name)
    const data = this.#raw(`${name}.weight`, [rows, columns / blockSize, (blockSize * bits) / 8])
    return this.#graph.op("MatMulNBits", [x, data, this.#raw(`${name}.weight_scale`, [rows, columns / blockSize])], {
      domain: "com.microsoft",
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: 4 },
    })
  }

  rows(ids: Value, name: string): Value {
    const { bits, blockSize, columns, rows } = this.#matrix(name)
    const data = this.#raw(`${name}.weight`, [rows, (columns * bits) / 8], `${name}.lookup`)
    return this.#graph.op(
      "GatherBlockQuantized",
      [data, ids, this.#raw(`${name}.weight_scale`, [rows, columns / blockSize])],
      {
        domain: "com.microsoft",
        attributes: { gather_axis: 0, quantize_axis: 1, block_size: blockSize, bits },
      },
    )
  }

  /** Folded when the session opens. */
  gain(name: string): Value {
    return this.#graph.op("Add", [this.#raw(`${name}.weight`), this.#graph.scalar(1)])
  }

  norm(x: Value, name: string): Value {
    return this.#graph.op("SimplifiedLayerNormalization", [x, this.gain(name)], {
      attributes: { axis: -1, epsilon: { float: this.#config.rmsNormEps } },
    })
  }

  /** Of models that norm each query and key; others keep them as they are. */
  headNorm(x: Value, name: string): Value {
    if (!this.#located.tensors.has(`${name}.weight`)) return x
    const g = this.#graph
    const heads = g.op("Reshape", [x, g.ints(0, 0, -1, this.#config.headDim)])
    return g.op("Reshape", [this.norm(heads, name), g.ints(0, 0, -1)])
  }

  #matrix(name: string) {
    const spec = this.#located.specs.find((one) => one.name === name)
    const { quantization } = this.#config
    if (spec === undefined || quantization === null) throw new Error(`${name} is no quantised matrix of the folder`)
    return { ...spec, ...quantization }
  }

  #raw(name: string, shape?: ReadonlyArray<number>, as = name): Value {
    const found = this.#located.tensors.get(name)
    if (found === undefined) throw new Error(`${name} is missing`)
    const { dtype: stored, length, offset } = found
    const type = stored === "U8" ? ElementType.uint8 : ElementType.float32
    return this.#graph.external(as, type, shape ?? found.shape, { file: dataFile, offset, length })
  }
}
