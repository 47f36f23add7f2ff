/**
 * A linear layer's weights laid out for DynamicQuantizeMatMul: int8 `[columns, rows]`, one scale a row of the original.
 * ONNX Runtime's wasm build has no fast path for blocks of 4 or 8 bits, and this one is several times faster.
 */
import type { ModelFiles } from "../../hub/ModelFiles.ts"
import type { GemmaConfig } from "../../model/Config.ts"
import { type FloatDtype, toFloat32 } from "../../model/Floats.ts"
import { dequantiseMatrix } from "../../model/Quantise.ts"
import type { TensorLocation } from "../../model/Safetensors.ts"

export interface Int8Weights {
  /** `[columns, rows]`. */
  readonly data: Int8Array<ArrayBuffer>
  /** `[rows]`: a weight is its scale times its integer. */
  readonly scales: Float32Array<ArrayBuffer>
}

/** Rows that are read and turned together: bounds what is held in f32 at once. */
const stripe = 256

/** The layers whose weights are laid out anew, by their names without `.weight`. The tied embedding is the output head. */
export const linearNames = ({ layers }: GemmaConfig): ReadonlyArray<string> => [
  "model.embed_tokens",
  ...Array.from({ length: layers }, (_, layer) =>
    [
      ...["q_proj", "k_proj", "v_proj", "o_proj"].map((name) => `self_attn.${name}`),
      ...["gate_proj", "up_proj", "down_proj"].map((name) => `mlp.${name}`),
    ].map((name) => `model.layers.${layer}.${name}`),
  ).flat(),
]

/** Rows and columns of a linear layer, whether its file holds plain weights or blocks. */
export function linearShape(name: string, config: GemmaConfig): { readonly rows: number; readonly columns: number } {
  const { headDim, heads, hiddenSize, intermediateSize, kvHeads, vocabSize } = config
  switch (name.split(".").at(-1)) {
    case "embed_tokens":
      return { rows: vocabSize, columns: hiddenSize }
    case "q_proj":
      return { rows: heads * headDim, columns: hiddenSize }
    case "k_proj":
    case "v_proj":
      return { rows: kvHeads * headDim, columns: hiddenSize }
    case "o_proj":
      return { rows: hiddenSize, columns: heads * headDim }
    case "down_proj":
      return { rows: hiddenSize, columns: intermediateSize }
    default:
      return { rows: intermediateSize, columns: hiddenSize }
  }
}

/** Reads a layer stripe by stripe and lays it out. */
export async function readInt8Weights(
  files: ModelFiles,
  config: GemmaConfig,
  tensors: ReadonlyMap<string, TensorLocation>,
  name: string,
): Promise<Int8Weights> {
  const { columns, rows } = linearShape(name, config)
  const data = new Int8Array(rows * columns)
  const scales = new Float32Array(rows)
  for (let start = 0; start < rows; start += stripe) {
    const count = Math.min(stripe, rows - start)
    const values = await readRows({ files, config, tensors, name, start, count, columns })
    for (let row = 0; row < count; row++) {
      scales[start + row] = layOut(values.subarray(row * columns, (row + 1) * columns), data, start + row, rows)
    }
  }
  return { data, scales }
}

/** Writes one row of weights as a column of integers, and gives its scale. */
function layOut(row: Float32Array, data: Int8Array, column: number, width: number): number {
  let largest = 0
  for (const value of row) largest = Math.max(largest, Math.abs(value))
  if (largest === 0) return 0
  const scale = Math.fround(largest / 127)
  for (let i = 0; i < row.length; i++) data[i * width + column] = Math.round(row[i]! / scale)
  return scale
}

interface RowsWanted {
  readonly files: ModelFiles
  readonly config: GemmaConfig
  readonly tensors: ReadonlyMap<string, TensorLocation>
  readonly name: string
  readonly start: number
  readonly count: number
  readonly columns: number
}

async function readRows({ columns, config, count, files, name, start, tensors }: RowsWanted): Promise<Float32Array> {
  const weight = found(tensors, `${name}.weight`)
  const { quantization } = config
  const part = (tensor: TensorLocation, rowBytes: number) =>
    files.readRange(tensor.file, tensor.offset + start * rowBytes, count * rowBytes)
  if (quantization === null) {
    // The folder's check lets only these three through.
    const dtype = weight.dtype as FloatDtype
    return toFloat32(await part(weight, columns * (dtype === "F32" ? 4 : 2)), dtype)
  }
  const { bits, blockSize } = quantization
  const data = await part(weight, (columns * bits) / 8)
  const scales = toFloat32(await part(found(tensors, `${name}.weight_scale`), (columns / blockSize) * 4), "F32")
  return dequantiseMatrix({ data, scales }, count, columns, quantization)
}

function found(tensors: ReadonlyMap<string, TensorLocation>, name: string): TensorLocation {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`tensor ${name} is missing after the folder's check`)
  return tensor
}
