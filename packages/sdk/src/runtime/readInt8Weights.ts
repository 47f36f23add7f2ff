/**
 * A linear layer's weights laid out for products of integers: int8 `[columns, rows]`, one scale a row of the original.
 * ONNX Runtime's wasm build has no fast path for blocks of 4 or 8 bits, and a processor runs many rows faster so.
 */
import type { ModelFiles } from "../files/ModelFiles.ts"
import { type FloatDtype, toFloat32 } from "../files/toFloat32.ts"
import { dequantiseMatrix } from "../files/Quantisation.ts"
import { OutputLevels } from "../files/OutputLevels.ts"
import { quantizationOf, type TensorLocation, type TensorLocations, type TensorSpec } from "../words/Tensors.ts"
import type { ModelWeights } from "./Runtime.ts"

/** Rows that are read and turned together: bounds what is held in f32 at once. */
const stripe = 256

/** Reads a layer stripe by stripe and lays it out. */
export async function readInt8Weights(
  files: ModelFiles,
  { tensors }: Pick<ModelWeights, "tensors">,
  spec: TensorSpec,
): Promise<OutputLevels> {
  const { columns, rows } = spec
  const levels = new OutputLevels(rows, columns)
  for (let start = 0; start < rows; start += stripe) {
    const count = Math.min(stripe, rows - start)
    levels.add(await readRows({ files, tensors, spec, start, count }))
  }
  return levels
}

interface RowsWanted {
  readonly files: ModelFiles
  readonly tensors: TensorLocations
  readonly spec: TensorSpec
  readonly start: number
  readonly count: number
}

async function readRows({ count, files, spec, start, tensors }: RowsWanted): Promise<Float32Array> {
  const { columns, name } = spec
  const quantization = quantizationOf(spec, tensors)
  const weight = found(tensors, `${name}.weight`)
  const part = (tensor: TensorLocation, rowBytes: number) =>
    files.readRange(tensor.file, tensor.offset + start * rowBytes, count * rowBytes)
  if (!quantization) {
    // The folder's check lets only these three through.
    const dtype = weight.dtype as FloatDtype
    return toFloat32(await part(weight, columns * (dtype === "F32" ? 4 : 2)), dtype)
  }
  const { bits, blockSize } = quantization
  const data = await part(weight, (columns * bits) / 8)
  const scales = toFloat32(await part(found(tensors, `${name}.weight_scale`), (columns / blockSize) * 4), "F32")
  return dequantiseMatrix({ data, scales }, count, columns, quantization)
}

function found(tensors: TensorLocations, name: string): TensorLocation {
  const tensor = tensors.get(name)
  if (tensor === undefined) throw new Error(`tensor ${name} is missing after the folder's check`)
  return tensor
}
