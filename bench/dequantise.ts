import {
  dequantiseMatrix,
  type FloatDtype,
  type ModelFiles,
  openTensors,
  quantizationOf,
  readModel,
  type TensorSpec,
  toFloat32,
} from "@facet/sdk/folders"

/** Reads rows of a Facet folder's matrices as the weights that they stand for, in f32. */
export async function dequantise(files: ModelFiles) {
  const { tensors } = await openTensors(files, await readModel(files))
  const read = (name: string, first: number, count: number, rows: number): Promise<Uint8Array> => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw new Error(`${name} is not there`)
    const bytes = tensor.length / rows
    return files.readRange(tensor.file, tensor.offset + first * bytes, count * bytes)
  }
  return async (spec: TensorSpec, first: number, count: number): Promise<Float32Array> => {
    const weight = `${spec.name}.weight`
    const data = await read(weight, first, count, spec.rows)
    const quantization = quantizationOf(spec, tensors)
    // A folder's plain matrices are of one of these.
    if (!quantization) return toFloat32(data, tensors.get(weight)?.dtype as FloatDtype)
    const scales = toFloat32(await read(`${weight}_scale`, first, count, spec.rows), "F32")
    return dequantiseMatrix({ data, scales }, count, spec.columns, quantization)
  }
}
