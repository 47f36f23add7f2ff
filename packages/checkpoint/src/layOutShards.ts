/** How a model's tensors are spread over `.safetensors` files. */
import {
  blocksOf,
  int8Name,
  int8ScaleName,
  layOutSafetensors,
  type SafetensorsLayout,
  singleWeights,
  type TensorPlan,
  type TensorSpec,
} from "@facet/sdk/folders"
import type { Output, Packing } from "./Packing.ts"

/** A file, and what is in it. */
export interface Shard {
  readonly file: string
  readonly outputs: ReadonlyArray<Output>
  readonly layout: SafetensorsLayout
}

/** In bytes: browsers keep files whole, and some take none of 2 GiB. */
export const mostShardBytes = 2_000_000_000

type Named = Pick<Output, "packing" | "spec">

export const weightName = ({ packing, spec: { name } }: Named): string =>
  packing.kind === "outputs" ? int8Name(name) : `${name}.weight`
export const scaleName = ({ packing, spec: { name } }: Named): string =>
  packing.kind === "outputs" ? int8ScaleName(name) : `${name}.weight_scale`

/**
 * Fills one file after the other with tensors in their order. A matrix and its scales stay together; one that is larger
 * than `most` has a file of its own.
 */
export function layOutShards(outputs: ReadonlyArray<Output>, most = mostShardBytes): ReadonlyArray<Shard> {
  const parts: Array<Array<Output>> = []
  let room = 0
  for (const output of outputs) {
    const bytes = bytesOf(output)
    const part = parts.at(-1)
    if (part !== undefined && bytes <= room) part.push(output)
    else {
      parts.push([output])
      room = most
    }
    room -= bytes
  }
  return parts.map((part, i) => ({
    file: parts.length === 1 ? singleWeights : shardName(i + 1, parts.length),
    outputs: part,
    // All lengths are multiples of 4: every tensor is aligned, in any order.
    layout: layOutSafetensors(part.flatMap(planTensor)),
  }))
}

/** As transformers names them. */
const shardName = (number: number, count: number): string =>
  `model-${String(number).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.safetensors`

/** What an output takes in its file. */
export const bytesOf = (output: Output): number => planTensor(output).reduce((sum, { length }) => sum + length, 0)

/** What a row takes: of its weights, and of its scales. */
export function rowBytes(
  { columns }: TensorSpec,
  packing: Packing,
): { readonly weight: number; readonly scale: number } {
  if (packing.kind === "outputs") return { weight: columns, scale: 4 }
  if (packing.kind === "float") return { weight: columns * (packing.dtype === "F16" ? 2 : 4), scale: 0 }
  const { bits, blockSize } = packing.quantization
  const blocks = blocksOf(columns, blockSize)
  return { weight: (blocks * blockSize * bits) / 8, scale: blocks * 4 }
}

function planTensor(output: Output): ReadonlyArray<TensorPlan> {
  const { packing, spec } = output
  const { columns, kind, rows } = spec
  const bytes = rowBytes(spec, packing)
  const weight = { name: weightName(output), length: rows * bytes.weight }
  const scale = { name: scaleName(output), dtype: "F32" as const, length: rows * bytes.scale }
  if (packing.kind === "outputs") {
    return [
      { ...scale, shape: [rows] },
      { ...weight, dtype: "I8", shape: [columns, rows] },
    ]
  }
  if (packing.kind === "float") {
    return [{ ...weight, dtype: packing.dtype, shape: kind === "norm" ? [columns] : [rows, columns] }]
  }
  const { bits, blockSize } = packing.quantization
  const blocks = blocksOf(columns, blockSize)
  return [
    { ...scale, shape: [rows, blocks] },
    { ...weight, dtype: "U8", shape: [rows, blocks, (blockSize * bits) / 8] },
  ]
}
