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

/** The names of a folder's graphs: ONNX Runtime's builds for browsers know no GatherBlockQuantized. */
export const graphNames = { node: "model", browser: "browser" } as const
type Place = keyof typeof graphNames

/** Writes `onnx/model_q4.onnx` into a folder of 4-bit weights, unless it is there. The weights stay one file. */
export async function onnxModel(folder: string, place: Place = "node"): Promise<void> {
  const files = await openFolder(folder)
  const model = await readModel(files)
  const located = await openTensors(files, model)
  const onnx = join(folder, "onnx")
  await mkdir(onnx, { recursive: true })
  // ONNX Runtime reads no file outside of the graph's own folder.
  const graph = `${graphNames[place]}_${dtype}.onnx`
  await rm(join(onnx, `${graph}_data`), { force: true })
  await link(join(folder, singleWeights), join(onnx, `${graph}_data`))
  const recipe = `onnx 1 ${await readFile(join(folder, "config.json"), "utf8")}`
  const bytes = () => exported(model, located, { dataFile: `${graph}_data`, isForBrowsers: place === "browser" })
  await madeOnce(join(onnx, graph), recipe, (path) => writeFile(path, bytes()))
}

/** What each layer's attention reads besides its projections. */
interface Shared {
  readonly lastSlot: Value
  readonly totalLength: Value
  readonly rotary: (layer: number) => readonly [cos: Value, sin: Value]
}

interface Export {
  readonly dataFile: string
  readonly isForBrowsers: boolean
}

function exported({ config }: Model, located: ModelTensors, how: Export): Uint8Array {
  const g = new GraphBuilder("decoder")
  const w = new Weights(g, { config, ...how }, located)
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

interface PlaceInGraph {
  readonly config: Config
  readonly shared: Shared
  readonly layer: number
}

function layerOf(g: GraphBuilder, w: Weights, place: PlaceInGraph, x: Value): Value {
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

function attentionOf(g: GraphBuilder, w: Weights, { config, layer, shared }: PlaceInGraph, input: Value): Value {
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
  readonly #export: Export
  readonly #located: ModelTensors

  constructor(graph: GraphBuilder, { config, ...how }: Export & { readonly config: Config }, located: ModelTensors) {
    this.#graph = graph
    this.#config = config
    this.#export = how
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
    const scales = this.#raw(`${name}.weight_scale`, [rows, columns / blockSize])
    if (this.#export.isForBrowsers) return this.#unpacked(ids, data, scales)
    return this.#graph.op("GatherBlockQuantized", [data, ids, scales], {
      domain: "com.microsoft",
      attributes: { gather_axis: 0, quantize_axis: 1, block_size: blockSize, bits },
    })
  }

  /** The same rows by operators that every build has: two numbers of 4 bits a byte, the lower bits first. */
  #unpacked(ids: Value, data: Value, scales: Value): Value {
    const g = this.#graph
    const { blockSize } = this.#matrix("model.embed_tokens")
    const bytes = g.op("Cast", [g.op("Gather", [data, ids])], { attributes: { to: ElementType.float32 } })
    const high = g.op("Floor", [g.op("Mul", [bytes, g.scalar(1 / 16)])])
    const low = g.op("Sub", [bytes, g.op("Mul", [high, g.scalar(16)])])
    const pairs = [low, high].map((half) => g.op("Unsqueeze", [half, g.ints(-1)]))
    const levels = g.op("Sub", [g.op("Concat", pairs, { attributes: { axis: -1 } }), g.scalar(8)])
    const blocks = g.op("Reshape", [levels, g.ints(0, 0, -1, blockSize)])
    const scaled = g.op("Mul", [blocks, g.op("Unsqueeze", [g.op("Gather", [scales, ids]), g.ints(-1)])])
    return g.op("Reshape", [scaled, g.ints(0, 0, -1)])
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
    return this.#graph.external(as, type, shape ?? found.shape, { file: this.#export.dataFile, offset, length })
  }
}
