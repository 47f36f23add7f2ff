/**
 * A Hugging Face folder of a Gemma 2 in, a quantised Facet model folder out.
 */
import { copyFile, type FileHandle, mkdir, open, rename, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { InvalidRequestError, ModelFileError } from "../Errors.ts"
import { openFolder } from "../hub/folder.node.ts"
import { isJsonObject, type ModelFiles, readJsonObject } from "../hub/ModelFiles.ts"
import { type Quantization, readConfig } from "./Config.ts"
import { type FloatDtype, toFloat32 } from "./Floats.ts"
import { blocksOf, quantiseMatrix } from "./Quantise.ts"
import { checkGemmaTensors, openSafetensors, type TensorLocation } from "./Safetensors.ts"
import { layOutSafetensors, type SafetensorsLayout, type TensorPlan } from "./SafetensorsWriter.ts"

/** Files that go along as they are, where there are such. */
const companions = [
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
]

/** Weights in a piece of work: 16 MB of f32, so memory does not grow with the model. */
const pieceWeights = 4_194_304

const matrixName = /^model\.(embed_tokens|layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj))\.weight$/
const normName = /^model\.(layers\.\d+\.\w+_layernorm|norm)\.weight$/

/** How far the work is. */
export interface QuantiseProgress {
  readonly tensor: string
  /** Tensors done, the named one included. */
  readonly done: number
  readonly total: number
}

/**
 * Quantises the embedding and the projections of a model, and writes a folder that opens like any other: `config.json`
 * with `"facet": { "quantization": { bits, blockSize } }` added, the tokenizer's files, and one `model.safetensors`
 * with `X.weight` (U8) and `X.weight_scale` (F32) for each matrix and the norms as F32.
 *
 * @param source a folder of f32, f16 or bf16 safetensors, sharded or not.
 * @param target another folder; it is made when it is not there, and files of the same names are replaced.
 *
 * Rejects with an `InvalidRequestError` when both are one folder, the bits are neither 4 nor 8, the block size does not
 * divide the rows of the model's matrices or is none of 16, 32, 64, 128 and 256; with the errors of opening a model;
 * and with a `ModelFileError` when a weight is not finite.
 */
export async function quantiseFolder(
  source: string,
  target: string,
  quantization: Quantization,
  onProgress: (progress: QuantiseProgress) => void = () => {},
): Promise<void> {
  if (resolve(source) === resolve(target)) {
    throw new InvalidRequestError({
      option: "target",
      problem: "it is the source folder itself",
      remedy: "Name another folder.",
    })
  }
  const files = await openFolder(source)
  const tensors = await openSource(files, quantization)
  await mkdir(target, { recursive: true })
  await writeWeights(files, tensors, join(target, "model.safetensors"), quantization, onProgress)
  for (const name of companions) {
    if (await files.exists(name)) await copyFile(join(files.root, name), join(target, name))
  }
  // Last, so that a folder that was only half written does not open.
  await writeConfig(files, join(target, "config.json"), quantization)
}

async function openSource(files: ModelFiles, quantization: Quantization): Promise<ReadonlyMap<string, TensorLocation>> {
  const config = await readConfig(files)
  if (config.quantization !== null) {
    throw new InvalidRequestError({
      option: "source",
      problem: "its weights are quantised already",
      remedy: "Quantise the folder of f32, f16 or bf16 weights that it was made from.",
    })
  }
  const { headDim, heads, hiddenSize, intermediateSize } = config
  checkQuantization(quantization, [hiddenSize, intermediateSize, heads * headDim])
  const tensors = await openSafetensors(files)
  checkGemmaTensors(config, tensors, files.root)
  return new Map([...tensors].filter(([name]) => matrixName.test(name) || normName.test(name)))
}

function checkQuantization({ bits, blockSize }: Quantization, widths: ReadonlyArray<number>): void {
  const invalid = (option: string, problem: string, remedy: string) =>
    new InvalidRequestError({ option, problem, remedy })
  if (bits !== 4 && bits !== 8) throw invalid("bits", `${String(bits)} is neither 4 nor 8`, "Use 4 or 8.")
  const sizes = [16, 32, 64, 128, 256]
  // The row lookup of the embedding reads whole blocks only.
  const fitting = sizes.filter((size) => widths.every((width) => width % size === 0))
  if (!fitting.includes(blockSize)) {
    const remedy = fitting.length > 0 ? `Use one of ${fitting.join(", ")}.` : "This model cannot be quantised."
    throw invalid("blockSize", `${blockSize} does not divide the rows of this model (${widths.join(", ")})`, remedy)
  }
}

async function writeWeights(
  files: ModelFiles,
  tensors: ReadonlyMap<string, TensorLocation>,
  path: string,
  quantization: Quantization,
  onProgress: (progress: QuantiseProgress) => void,
): Promise<void> {
  const plans = [...tensors].flatMap(([name, tensor]) => planTensor(name, tensor, quantization))
  // The f32 first: they stay aligned so.
  const layout = layOutSafetensors(plans.toSorted((a, b) => Number(a.dtype === "U8") - Number(b.dtype === "U8")))
  const part = `${path}.part`
  {
    await using handle = await open(part, "w")
    await writeAt(handle, layout.header, 0)
    let done = 0
    for (const [name, tensor] of tensors) {
      await writeTensor(files, name, tensor, handle, layout, quantization)
      onProgress({ tensor: name, done: ++done, total: tensors.size })
    }
  }
  await rename(part, path)
}

/** What a tensor of the source becomes. */
function planTensor(name: string, tensor: TensorLocation, { bits, blockSize }: Quantization): Array<TensorPlan> {
  const [rows, columns] = extentsOf(tensor)
  if (!matrixName.test(name)) {
    return [{ name, dtype: "F32", shape: tensor.shape, length: rows * columns * 4 }]
  }
  const blocks = blocksOf(columns, blockSize)
  const blockBytes = (blockSize * bits) / 8
  return [
    { name: `${name}_scale`, dtype: "F32", shape: [rows, blocks], length: rows * blocks * 4 },
    { name, dtype: "U8", shape: [rows, blocks, blockBytes], length: rows * blocks * blockBytes },
  ]
}

/** Rows and columns; a norm is one row. */
const extentsOf = ({ shape }: TensorLocation): readonly [rows: number, columns: number] =>
  shape.length === 1 ? [1, shape[0] ?? 0] : [shape[0] ?? 0, shape[1] ?? 0]

/** Reads, converts and writes a tensor, some rows at a time. */
async function writeTensor(
  files: ModelFiles,
  name: string,
  tensor: TensorLocation,
  handle: FileHandle,
  layout: SafetensorsLayout,
  quantization: Quantization,
): Promise<void> {
  const [rows, columns] = extentsOf(tensor)
  const rowBytes = tensor.length / rows
  const step = Math.max(1, Math.floor(pieceWeights / columns))
  const at = offsetOf(layout, name)
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row)
    const bytes = await files.readRange(tensor.file, tensor.offset + row * rowBytes, count * rowBytes)
    // `checkGemmaTensors` let only float tensors pass.
    const values = toFloat32(bytes, tensor.dtype as FloatDtype)
    checkFinite(files, name, tensor, values)
    if (!matrixName.test(name)) {
      await writeAt(handle, values, at + row * columns * 4)
      continue
    }
    const { data, scales } = quantiseMatrix(values, count, columns, quantization)
    await writeAt(handle, data, at + row * (data.byteLength / count))
    await writeAt(handle, scales, offsetOf(layout, `${name}_scale`) + row * (scales.byteLength / count))
  }
}

function offsetOf(layout: SafetensorsLayout, name: string): number {
  const offset = layout.offsets.get(name)
  if (offset === undefined) throw new Error(`${name} was not planned`)
  return offset
}

function checkFinite(files: ModelFiles, name: string, tensor: TensorLocation, values: Float32Array): void {
  const wrong = values.find((value) => !Number.isFinite(value))
  if (wrong === undefined) return
  throw new ModelFileError({
    file: join(files.root, tensor.file),
    problem: `the tensor ${name} holds ${wrong}`,
    remedy: "The file is damaged, or its training diverged; get another copy.",
  })
}

async function writeAt(handle: FileHandle, values: Uint8Array | Float32Array, position: number): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}

async function writeConfig(files: ModelFiles, path: string, { bits, blockSize }: Quantization): Promise<void> {
  const config = await readJsonObject(files, "config.json")
  const facet = isJsonObject(config["facet"]) ? config["facet"] : {}
  const quantised = { ...config, facet: { ...facet, quantization: { bits, blockSize } } }
  await writeFile(path, `${JSON.stringify(quantised, null, 2)}\n`)
}
