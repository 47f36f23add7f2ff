/**
 * How much each input of a model's matrices counts: `npx pnpm@12 bench:importance --model FOLDER --out FILE.safetensors
 * [--text FILE]... [--tokens N] [--band N]`, for `facet convert --importance`.
 *
 * Runs the model over a text and sums up the squares of what each layer reads, and its products within bands of columns; with
 * `--band 0` the squares alone. The text is another one than `bench:quantisation` measures with.
 */
import { open, readFile } from "node:fs/promises"
import { openCheckpoint } from "@facet/checkpoint"
import { layOutSafetensors, openFolder } from "@facet/sdk/folders"
// oxlint-disable no-restricted-imports -- every site of every layer in one run is more than an effect gives
import { chunkLength } from "../packages/sdk/src/engine/Reuse.ts"
import { OpenModel } from "../packages/sdk/src/engine/OpenModel.ts"
import { Interlock } from "../packages/sdk/src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../packages/sdk/src/runtime/NodeRuntime.node.ts"
import { type Site, siteKey } from "../packages/sdk/src/words/Site.ts"
// oxlint-enable no-restricted-imports
import { readFlags } from "./readFlags.ts"

const { refuse, values } = readFlags({
  command: "npx pnpm@12 bench:importance",
  about: "How much each input of a model's matrices counts, for facet convert --importance.",
  flags: {
    model: { type: "string", value: "FOLDER", about: "the model; needed" },
    out: { type: "string", value: "FILE", about: "the .safetensors that is written; needed" },
    text: { type: "string", multiple: true, default: ["README.md"], value: "FILE", about: "what it reads" },
    tokens: { type: "string", default: "2044", value: "N", about: "the most tokens that it reads" },
    band: {
      type: "string",
      default: "256",
      value: "N",
      about: "columns whose products are summed up, 0 for squares alone",
    },
  },
})
const { model: folder = refuse("--model is needed."), out = refuse("--out is needed.") } = values

const checkpoint = await openCheckpoint(folder)
const matrices = new Map(checkpoint.tensors.map((tensor) => [tensor.spec.name, tensor]))
const read = async (name: string): Promise<Float32Array> => {
  const tensor = matrices.get(name)
  if (tensor === undefined) throw new Error(`the model has no ${name}`)
  return tensor.read(0, tensor.spec.rows)
}
const runtime = makeNodeRuntime({ interlock: new Interlock() })
const { config } = checkpoint.model
const layers = Array.from({ length: config.layers }, (_, layer) => layer)
const sites = layers.flatMap((layer) =>
  (["resid_post", "attn_z", "mlp_in_norm"] as const).map((site): Site => ({ layer, site })),
)
const model = await OpenModel.open(
  { files: await openFolder(folder), runtime, heads: ["vocabulary"], cacheBytes: 0 },
  sites,
  () => {},
)
const band = Number(values.band)
const text = (await Promise.all(values.text.map((file) => readFile(file, "utf8")))).join("\n\n")
const ids = model.tokenizer.encodePlain(text).slice(0, Number(values.tokens))

/** What was summed up of what some matrices read: `[width]`, and `[width, band]` of which what stands before the diagonal is 0. */
interface Sums {
  readonly squares: Float64Array
  readonly products: Float64Array
}

const sums = new Map<string, Sums>()
/** Adds the squares and products of rows `[tokens, width]`, the first `skip` left out; the matrices `names` read them. */
function add(names: ReadonlyArray<string>, rows: Float32Array, width: number, skip: number): void {
  const { products, squares } = sums.get(names[0] ?? "") ?? {
    squares: new Float64Array(width),
    products: new Float64Array(width * band),
  }
  for (const name of names) sums.set(name, { products, squares })
  for (let i = skip * width; i < rows.length; i++) squares[i % width]! += rows[i]! ** 2
  for (let row = skip * width; band > 0 && row < rows.length; row += width) {
    for (let k = 0; k < width; k++) {
      const start = k - (k % band)
      const end = Math.min(start + band, width)
      for (let j = k; j < end; j++) products[k * band + j - start]! += rows[row + k]! * rows[row + j]!
    }
  }
}

/** Rows times a gain. */
const scaled = (rows: Float32Array, gain: Float32Array): Float32Array =>
  rows.map((value, i) => value * (1 + gain[i % gain.length]!))

/** Rows divided by their root mean square. */
function normalised(rows: Float32Array, width: number): Float32Array {
  const result = new Float32Array(rows.length)
  for (let at = 0; at < rows.length; at += width) {
    let square = 0
    for (let i = 0; i < width; i++) square += rows[at + i]! ** 2
    const factor = 1 / Math.sqrt(square / width + config.rmsNormEps)
    for (let i = 0; i < width; i++) result[at + i] = rows[at + i]! * factor
  }
  return result
}

/** `x @ W.T` for rows x. */
function product(x: Float32Array, weights: Float32Array, columns: number): Float32Array {
  const [tokens, rows] = [x.length / columns, weights.length / columns]
  const result = new Float32Array(tokens * rows)
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < tokens; token++) {
      let sum = 0
      for (let i = 0; i < columns; i++) sum += weights[row * columns + i]! * x[token * columns + i]!
      result[token * rows + row] = sum
    }
  }
  return result
}

const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

/** A window's values at a site, chunk after chunk. */
const seen = new Map<string, Array<Float32Array>>()
const joined = (site: Site): Float32Array => {
  const parts = seen.get(siteKey(site)) ?? []
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const windowLength = 512
for (let at = 0; at < ids.length; at += windowLength - 1) {
  const tokens = [config.bosId, ...ids.slice(at, at + windowLength - 1)]
  const sequence = model.newSequence()
  seen.clear()
  for (let start = 0; start < tokens.length; start += chunkLength) {
    const { taps } = await model.forward(sequence, tokens.slice(start, start + chunkLength), { taps: sites })
    for (const [key, rows] of taps) seen.set(key, [...(seen.get(key) ?? []), rows.slice()])
  }
  sequence.dispose()
  const { headDim, heads, hiddenSize, intermediateSize } = config
  const embedding = matrices.get("model.embed_tokens")
  if (embedding === undefined) throw new Error("the model has no embedding")
  // Its factor is lost in the norm.
  let stream: Float32Array = Float32Array.from(
    (await Promise.all(tokens.map((token) => embedding.read(token, 1)))).flatMap((row) => [...row]),
  )
  for (const layer of layers) {
    const name = `model.layers.${layer}`
    const input = scaled(normalised(stream, hiddenSize), await read(`${name}.input_layernorm`))
    // `<bos>` is unlike every other token.
    const attention = ["q", "k", "v"].map((which) => `${name}.self_attn.${which}_proj`)
    add(attention, input, hiddenSize, 1)
    add([`${name}.self_attn.o_proj`], joined({ layer, site: "attn_z" }), heads * headDim, 1)
    const mlp = scaled(joined({ layer, site: "mlp_in_norm" }), await read(`${name}.pre_feedforward_layernorm`))
    add([`${name}.mlp.gate_proj`, `${name}.mlp.up_proj`], mlp, hiddenSize, 1)
    const gate = product(mlp, await read(`${name}.mlp.gate_proj`), hiddenSize)
    const up = product(mlp, await read(`${name}.mlp.up_proj`), hiddenSize)
    add(
      [`${name}.mlp.down_proj`],
      gate.map((value, i) => gelu(value) * up[i]!),
      intermediateSize,
      1,
    )
    stream = joined({ layer, site: "resid_post" })
  }
}
await model.release()

const measured = [...sums].flatMap(([name, { products, squares }]) => {
  const mean = squares.reduce((a, b) => a + b, 0) / squares.length
  const width = squares.length
  const importance = { name: `${name}.importance`, shape: [width], sum: squares, mean }
  return band > 0 ? [importance, { name: `${name}.moments`, shape: [width, band], sum: products, mean }] : [importance]
})
const { header, offsets, size } = layOutSafetensors(
  measured.map(({ name, shape, sum }) => ({ name, dtype: "F32", shape, length: sum.length * 4 })),
)
await using file = await open(out, "w")
await file.truncate(size)
await file.write(header, 0, header.length, 0)
for (const { mean, name, sum } of measured) {
  const bytes = new Uint8Array(Float32Array.from(sum, (value) => value / mean).buffer)
  await file.write(bytes, 0, bytes.length, offsets.get(name))
}
console.log(`${out}: ${sums.size} matrices, measured on ${ids.length} tokens of ${values.text.join(", ")}`)
