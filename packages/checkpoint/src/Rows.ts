/** Some rows of a tensor as they are written, whatever the file's format. */
import { InvalidRequestError, ModelFileError } from "@facet/sdk/words"
import { OutputLevels, type QuantisedMatrix, type Quantization, quantiseMatrix } from "@facet/sdk/folders"
import type { CheckpointTensor } from "./Checkpoint.ts"
import { toFloat16 } from "./toFloat16.ts"

/**
 * Rows in blocks; those that the source has packed in the same way as they are.
 *
 * @param root of the checkpoint, for errors.
 *
 * Rejects with a `ModelFileError` when a weight is not finite.
 */
export async function quantisedRows(
  root: string,
  tensor: CheckpointTensor,
  { isKept, quantization }: { readonly isKept: boolean; readonly quantization: Quantization },
  first: number,
  count: number,
): Promise<QuantisedMatrix> {
  if (isKept && tensor.packed !== undefined) return tensor.packed.read(first, count)
  const values = checkFinite(root, tensor, await tensor.read(first, count))
  const measured = quantization.bits === 4 ? await tensor.measured?.() : undefined
  return quantiseMatrix(values, count, tensor.spec.columns, quantization, measured)
}

/** Weights that are read at once where a tensor is packed whole. */
const stripeWeights = 2_097_152

/**
 * The whole of a tensor with a scale for each output, read some rows at a time.
 *
 * Rejects with a `ModelFileError` when a weight is not finite.
 */
export async function levelsByOutput(root: string, tensor: CheckpointTensor): Promise<OutputLevels> {
  const { columns, rows } = tensor.spec
  const levels = new OutputLevels(rows, columns)
  const step = Math.max(1, Math.floor(stripeWeights / columns))
  for (let first = 0; first < rows; first += step) {
    const count = Math.min(step, rows - first)
    levels.add(checkFinite(root, tensor, await tensor.read(first, count)))
  }
  return levels
}

/**
 * Rows as floats.
 *
 * Rejects with a `ModelFileError` when a weight is not finite, and with an `InvalidRequestError` when one is larger than f16
 * holds where that is wanted.
 */
export async function plainRows(
  root: string,
  tensor: CheckpointTensor,
  dtype: "F16" | "F32",
  first: number,
  count: number,
): Promise<Float32Array | Uint16Array> {
  const values = checkFinite(root, tensor, await tensor.read(first, count))
  return dtype === "F32" ? values : halvesOf(values, tensor.spec.name)
}

/**
 * @param name of the tensor, for the error.
 * @throws InvalidRequestError when a value is larger than f16 holds.
 */
export function halvesOf(values: Float32Array, name: string): Uint16Array {
  const halves = toFloat16(values)
  const tooLarge = halves.findIndex((half) => (half & 0x7fff) === 0x7c00)
  if (tooLarge < 0) return halves
  throw new InvalidRequestError({
    option: "dtype",
    problem: `f16 holds nothing above 65504, and the tensor ${name} has ${values[tooLarge]}`,
    remedy: "Use f32, q8 or q4.",
  })
}

function checkFinite(root: string, { spec }: CheckpointTensor, values: Float32Array): Float32Array {
  let sum = 0
  // A finite number less itself is zero; all others give NaN. One pass without a branch.
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
  if (sum === 0) return values
  throw new ModelFileError({
    file: root,
    problem: `the tensor ${spec.name}.weight holds ${values.find((value) => !Number.isFinite(value))}`,
    remedy: "The file is damaged, or its training diverged; get another copy.",
  })
}
