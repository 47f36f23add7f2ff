/**
 * A published checkpoint in, a Facet model folder out.
 */
import { type FileHandle, mkdir, open, rename, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import {
  blocksOf,
  configFile,
  isJsonObject,
  isMatrix,
  type JsonObject,
  layOutSafetensors,
  type Quantization,
  quantiseMatrix,
  type SafetensorsLayout,
  singleWeights,
  type TensorPlan,
  type TensorSpec,
} from "@facet/sdk/folders"
import type { Checkpoint, CheckpointTensor } from "./Checkpoint.ts"
import { openCheckpoint } from "./openCheckpoint.ts"

/** How a matrix may be written. */
export type Dtype = "q4" | "q8" | "f16" | "f32"

export interface ConvertOptions {
  /** Of every matrix; `q4` unless given. Norms are always f32. */
  readonly dtype?: Dtype | undefined
  /** Weights that share a scale, where they are quantised: 32 unless given. */
  readonly block?: 32 | 64 | 128 | undefined
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** How far the work is. */
export interface ConvertProgress {
  /** The tensor that was finished last. */
  readonly tensor: string
  /** Of the weights that are written. */
  readonly loadedBytes: number
  readonly totalBytes: number
  readonly secondsLeft: number | undefined
}

export interface Conversion {
  /** Parts of the source that are no part of the text model and were left out, in words: `the vision tower`. */
  readonly leftOut: ReadonlyArray<string>
  /** What the conversion costs beyond what its options say, in sentences. */
  readonly warnings: ReadonlyArray<string>
  /** Size of the weights written. */
  readonly bytes: number
}

/** Weights in a piece of work: 16 MB of f32, so memory does not grow with the model. */
const pieceWeights = 4_194_304

/**
 * Converts a model, and writes a folder that opens like any other: `config.json` with
 * `"facet": { "quantization": { bits, blockSize } }` added, the tokenizer's files, and one `model.safetensors` with
 * `X.weight` (U8) and `X.weight_scale` (F32) for each matrix and the norms as F32.
 *
 * @param source a folder of f32, f16 or bf16 safetensors, sharded or not.
 * @param target another folder; it is made when it is not there, and files of the same names are replaced.
 *
 * Rejects with an `InvalidRequestError` when both are one folder, or the block size does not divide the rows of the
 * model's matrices; with the errors of opening a model; and with a `ModelFileError` when a weight is not finite, or the
 * source holds a tensor that the model's architecture does not have: nothing is dropped in silence.
 *
 * @example
 * await convertModel("./gemma-2-2b-it", "./gemma-2-2b-it-q4", { dtype: "q4", block: 32 })
 */
export async function convertModel(
  source: string,
  target: string,
  { block = 32, dtype = "q4", onProgress = () => {}, signal }: ConvertOptions = {},
): Promise<Conversion> {
  if (resolve(source) === resolve(target)) {
    throw new InvalidRequestError({
      option: "target",
      problem: "it is the source folder itself",
      remedy: "Name another folder.",
    })
  }
  const quantization = quantizationOf(dtype, block)
  const checkpoint = await openCheckpoint(source)
  try {
    checkBlocks(checkpoint, quantization)
    await mkdir(target, { recursive: true })
    const bytes = await writeWeights(checkpoint, join(target, singleWeights), quantization, onProgress, signal)
    for (const [name, text] of checkpoint.texts) await writeFile(join(target, name), text)
    // Last, so that a folder that was only half written does not open.
    await writeConfig(checkpoint.config, join(target, configFile), quantization)
    return { leftOut: checkpoint.leftOut, warnings: checkpoint.warnings, bytes }
  } finally {
    await checkpoint.close()
  }
}

function quantizationOf(dtype: Dtype, block: number): Quantization {
  const invalid = (option: string, problem: string, remedy: string) =>
    new InvalidRequestError({ option, problem, remedy })
  if (dtype !== "q4" && dtype !== "q8") throw invalid("dtype", `${String(dtype)} is neither q4 nor q8`, "Use q4 or q8.")
  if (![32, 64, 128].includes(block)) throw invalid("block", `${block} is none of 32, 64, 128`, "Use one of them.")
  return { bits: dtype === "q4" ? 4 : 8, blockSize: block }
}

function checkBlocks({ tensors }: Checkpoint, { blockSize }: Quantization): void {
  const widths = [...new Set(tensors.filter(({ spec }) => isMatrix(spec)).map(({ spec }) => spec.columns))]
  if (widths.every((width) => width % blockSize === 0)) return
  throw new InvalidRequestError({
    option: "block",
    problem: `${blockSize} does not divide the rows of this model (${widths.join(", ")})`,
    remedy: "Use one that does.",
  })
}

async function writeWeights(
  { root, tensors }: Checkpoint,
  path: string,
  quantization: Quantization,
  onProgress: (progress: ConvertProgress) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const plans = tensors.flatMap(({ spec }) => planTensor(spec, quantization))
  // The f32 first: they stay aligned so.
  const layout = layOutSafetensors(plans.toSorted((a, b) => Number(a.dtype === "U8") - Number(b.dtype === "U8")))
  const totalBytes = layout.size - layout.header.length
  const part = `${path}.part`
  {
    await using handle = await open(part, "w")
    await writeAt(handle, layout.header, 0)
    let loadedBytes = 0
    for (const tensor of tensors) {
      signal?.throwIfAborted()
      await writeTensor(root, tensor, handle, layout, quantization)
      for (const { length } of planTensor(tensor.spec, quantization)) loadedBytes += length
      onProgress({ tensor: tensor.spec.name, loadedBytes, totalBytes, secondsLeft: undefined })
    }
  }
  await rename(part, path)
  return layout.size
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
  root: string,
  { read, spec }: CheckpointTensor,
  handle: FileHandle,
  layout: SafetensorsLayout,
  quantization: Quantization,
): Promise<void> {
  const { columns, rows } = spec
  const step = Math.max(1, Math.floor(pieceWeights / columns))
  const at = offsetOf(layout, weightName(spec))
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row)
    const values = await read(row, count)
    checkFinite(root, spec, values)
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

function checkFinite(root: string, spec: TensorSpec, values: Float32Array): void {
  const wrong = values.find((value) => !Number.isFinite(value))
  if (wrong === undefined) return
  throw new ModelFileError({
    file: root,
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

async function writeConfig(config: JsonObject, path: string, { bits, blockSize }: Quantization): Promise<void> {
  const facet = isJsonObject(config["facet"]) ? config["facet"] : {}
  const quantised = { ...config, facet: { ...facet, quantization: { bits, blockSize } } }
  await writeFile(path, `${JSON.stringify(quantised, null, 2)}\n`)
}
