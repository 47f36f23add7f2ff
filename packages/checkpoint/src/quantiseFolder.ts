/**
 * A Hugging Face folder in, a quantised Facet model folder out.
 */
import { copyFile, type FileHandle, mkdir, open, rename, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import {
  blocksOf,
  blockSizes,
  chatTemplateFile,
  configFile,
  type FloatDtype,
  generationConfigFile,
  isJsonObject,
  isMatrix,
  layOutSafetensors,
  type ModelFiles,
  openFolder,
  openTensors,
  type Quantization,
  quantizationBits,
  quantiseMatrix,
  readJsonObject,
  readModel,
  type SafetensorsLayout,
  singleWeights,
  type TensorLocation,
  type TensorPlan,
  type TensorSpec,
  tokenizerConfigFile,
  tokenizerFile,
  toFloat32,
} from "@facet/sdk/folders"

/** Files that go along as they are, where there are such. */
const companions = [
  generationConfigFile,
  tokenizerFile,
  tokenizerConfigFile,
  "special_tokens_map.json",
  chatTemplateFile,
]

/** Weights in a piece of work: 16 MB of f32, so memory does not grow with the model. */
const pieceWeights = 4_194_304

/** How far the work is. */
export interface QuantiseProgress {
  readonly tensor: string
  /** Tensors done, the named one included. */
  readonly done: number
  readonly total: number
}

export interface QuantiseOptions extends Quantization {
  readonly onProgress?: ((progress: QuantiseProgress) => void) | undefined
}

/** A tensor of the architecture's table, and where its weights lie. */
interface Source {
  readonly spec: TensorSpec
  readonly weights: TensorLocation
}

/**
 * Quantises the embedding and the projections of a model, and writes a folder that opens like any other: `config.json`
 * with `"facet": { "quantization": { bits, blockSize } }` added, the tokenizer's files, and one `model.safetensors`
 * with `X.weight` (U8) and `X.weight_scale` (F32) for each matrix and the norms as F32.
 *
 * @param source a folder of f32, f16 or bf16 safetensors, sharded or not.
 * @param target another folder; it is made when it is not there, and files of the same names are replaced.
 * @returns the parts of the source that are no part of the text model and were left out, in words: `the vision tower`.
 *
 * Rejects with an `InvalidRequestError` when both are one folder, the bits are neither 4 nor 8, the block size does not
 * divide the rows of the model's matrices or is none of 16, 32, 64, 128 and 256; with the errors of opening a model; and
 * with a `ModelFileError` when a weight is not finite, or the folder holds a tensor that the model's architecture does
 * not have: nothing is dropped in silence.
 *
 * @example
 * await quantiseFolder("./gemma-2-2b-it", "./gemma-2-2b-it-q4", { bits: 4, blockSize: 32 })
 */
export async function quantiseFolder(
  source: string,
  target: string,
  { bits, blockSize, onProgress = () => {} }: QuantiseOptions,
): Promise<ReadonlyArray<string>> {
  if (resolve(source) === resolve(target)) {
    throw new InvalidRequestError({
      option: "target",
      problem: "it is the source folder itself",
      remedy: "Name another folder.",
    })
  }
  const quantization: Quantization = { bits, blockSize }
  const files = await openFolder(source)
  const { leftOut, sources } = await openSource(files, quantization)
  await mkdir(target, { recursive: true })
  await writeWeights(files, sources, join(target, singleWeights), quantization, onProgress)
  for (const name of companions) {
    if (await files.exists(name)) await copyFile(join(files.root, name), join(target, name))
  }
  // Last, so that a folder that was only half written does not open.
  await writeConfig(files, join(target, configFile), quantization)
  return leftOut
}

async function openSource(files: ModelFiles, quantization: Quantization) {
  const model = await readModel(files)
  if (model.config.quantization !== null) {
    throw new InvalidRequestError({
      option: "source",
      problem: "its weights are quantised already",
      remedy: "Quantise the folder of f32, f16 or bf16 weights that it was made from.",
    })
  }
  const { leftOut, specs, tensors, unknown } = await openTensors(files, model)
  checkQuantization(quantization, [...new Set(specs.filter(isMatrix).map(({ columns }) => columns))])
  checkUnknown(files, unknown)
  const sources = specs.flatMap((spec): ReadonlyArray<Source> => {
    const weights = tensors.get(`${spec.name}.weight`)
    return weights === undefined ? [] : [{ spec, weights }]
  })
  return { leftOut, sources }
}

/** Whatever would be lost is told instead. */
function checkUnknown(files: ModelFiles, [name]: ReadonlyArray<string>): void {
  if (name === undefined) return
  throw new ModelFileError({
    file: files.root,
    problem: `the tensor ${name} is none that this model's architecture has`,
    remedy: "Nothing is dropped in silence: take the model as it was published, or remove the tensor from its files.",
  })
}

function checkQuantization({ bits, blockSize }: Quantization, widths: ReadonlyArray<number>): void {
  const invalid = (option: string, problem: string, remedy: string) =>
    new InvalidRequestError({ option, problem, remedy })
  if (!quantizationBits.includes(bits)) throw invalid("bits", `${String(bits)} is neither 4 nor 8`, "Use 4 or 8.")
  // The row lookup of the embedding reads whole blocks only.
  const fitting = blockSizes.filter((size) => widths.every((width) => width % size === 0))
  if (!fitting.includes(blockSize)) {
    const remedy = fitting.length > 0 ? `Use one of ${fitting.join(", ")}.` : "This model cannot be quantised."
    throw invalid("blockSize", `${blockSize} does not divide the rows of this model (${widths.join(", ")})`, remedy)
  }
}

async function writeWeights(
  files: ModelFiles,
  sources: ReadonlyArray<Source>,
  path: string,
  quantization: Quantization,
  onProgress: (progress: QuantiseProgress) => void,
): Promise<void> {
  const plans = sources.flatMap(({ spec }) => planTensor(spec, quantization))
  // The f32 first: they stay aligned so.
  const layout = layOutSafetensors(plans.toSorted((a, b) => Number(a.dtype === "U8") - Number(b.dtype === "U8")))
  const part = `${path}.part`
  {
    await using handle = await open(part, "w")
    await writeAt(handle, layout.header, 0)
    let done = 0
    for (const source of sources) {
      await writeTensor(files, source, handle, layout, quantization)
      onProgress({ tensor: source.spec.name, done: ++done, total: sources.length })
    }
  }
  await rename(part, path)
}

const weightName = ({ name }: TensorSpec): string => `${name}.weight`
const scaleName = ({ name }: TensorSpec): string => `${name}.weight_scale`

/** What a tensor of the table becomes. */
function planTensor(spec: TensorSpec, { bits, blockSize }: Quantization): ReadonlyArray<TensorPlan> {
  const { columns, rows } = spec
  if (!isMatrix(spec)) {
    return [{ name: weightName(spec), dtype: "F32", shape: [columns], length: columns * 4 }]
  }
  const blocks = blocksOf(columns, blockSize)
  const blockBytes = (blockSize * bits) / 8
  return [
    { name: scaleName(spec), dtype: "F32", shape: [rows, blocks], length: rows * blocks * 4 },
    { name: weightName(spec), dtype: "U8", shape: [rows, blocks, blockBytes], length: rows * blocks * blockBytes },
  ]
}

/** Reads, converts and writes a tensor, some rows at a time. */
async function writeTensor(
  files: ModelFiles,
  { spec, weights }: Source,
  handle: FileHandle,
  layout: SafetensorsLayout,
  quantization: Quantization,
): Promise<void> {
  const { columns, rows } = spec
  const rowBytes = weights.length / rows
  const step = Math.max(1, Math.floor(pieceWeights / columns))
  const at = offsetOf(layout, weightName(spec))
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row)
    const bytes = await files.readRange(weights.file, weights.offset + row * rowBytes, count * rowBytes)
    // `openTensors` let only float tensors pass.
    const values = toFloat32(bytes, weights.dtype as FloatDtype)
    checkFinite(files, spec, weights, values)
    if (!isMatrix(spec)) {
      await writeAt(handle, values, at + row * columns * 4)
      continue
    }
    const { data, scales } = quantiseMatrix(values, count, columns, quantization)
    await writeAt(handle, data, at + row * (data.byteLength / count))
    await writeAt(handle, scales, offsetOf(layout, scaleName(spec)) + row * (scales.byteLength / count))
  }
}

function offsetOf(layout: SafetensorsLayout, name: string): number {
  const offset = layout.offsets.get(name)
  if (offset === undefined) throw new Error(`${name} was not planned`)
  return offset
}

function checkFinite(files: ModelFiles, spec: TensorSpec, { file }: TensorLocation, values: Float32Array): void {
  const wrong = values.find((value) => !Number.isFinite(value))
  if (wrong === undefined) return
  throw new ModelFileError({
    file: join(files.root, file),
    problem: `the tensor ${weightName(spec)} holds ${wrong}`,
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
  const config = await readJsonObject(files, configFile)
  const facet = isJsonObject(config["facet"]) ? config["facet"] : {}
  const quantised = { ...config, facet: { ...facet, quantization: { bits, blockSize } } }
  await writeFile(path, `${JSON.stringify(quantised, null, 2)}\n`)
}
