import {
  dequantiseMatrix,
  type FloatDtype,
  int8Name,
  int8ScaleName,
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
  /** Rows stand beside each other there: all are read. */
  const readOutputs = async ({ columns, name, rows }: TensorSpec, first: number, count: number) => {
    const levels = new Int8Array((await read(int8Name(name), 0, rows, rows)).buffer)
    const scales = toFloat32(await read(int8ScaleName(name), 0, rows, rows), "F32")
    return Float32Array.from({ length: count * columns }, (_, i) => {
      const row = first + Math.floor(i / columns)
      return (levels[(i % columns) * rows + row] ?? 0) * (scales[row] ?? 0)
    })
  }
  return async (spec: TensorSpec, first: number, count: number): Promise<Float32Array> => {
    if (tensors.has(int8Name(spec.name))) return readOutputs(spec, first, count)
    const weight = `${spec.name}.weight`
    const data = await read(weight, first, count, spec.rows)
    const quantization = quantizationOf(spec, tensors)
    // A folder's plain matrices are of one of these.
    if (!quantization) return toFloat32(data, tensors.get(weight)?.dtype as FloatDtype)
    const scales = toFloat32(await read(`${weight}_scale`, first, count, spec.rows), "F32")
    return dequantiseMatrix({ data, scales }, count, spec.columns, quantization)
  }
}
