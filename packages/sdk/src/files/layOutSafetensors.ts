/**
 * The header of a `.safetensors` file that is about to be written (huggingface/safetensors, README; see
 * `Safetensors.ts` for the format), and where each tensor's bytes go, in whatever order they come.
 */
import type { Dtype } from "../words/Tensors.ts"

/** A tensor to be written. */
export interface TensorPlan {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Its size in bytes. */
  readonly length: number
}

/** How a file is laid out. */
export interface SafetensorsLayout {
  /** The file's first bytes: the length field and the JSON, padded to a multiple of 8. */
  readonly header: Uint8Array
  /** Where each tensor's bytes start, counted from the file's start. */
  readonly offsets: ReadonlyMap<string, number>
  /** The whole file's size in bytes. */
  readonly size: number
}

/**
 * Lays tensors out one after the other in the given order, without gaps, as the format demands. Put wider element types
 * first, so that they stay aligned.
 */
export const layOutSafetensors = (tensors: Iterable<TensorPlan>): SafetensorsLayout => {
  // Without a prototype, so that no tensor's name is special.
  const entries: Record<string, unknown> = Object.assign(Object.create(null), { __metadata__: { format: "pt" } })
  const begins = new Map<string, number>()
  let end = 0
  for (const { dtype, length, name, shape } of tensors) {
    begins.set(name, end)
    entries[name] = { dtype, shape, data_offsets: [end, end + length] }
    end += length
  }
  const header = encodeHeader(entries)
  const offsets = new Map([...begins].map(([name, begin]) => [name, header.length + begin]))
  return { header, offsets, size: header.length + end }
}

const encodeHeader = (entries: Record<string, unknown>): Uint8Array => {
  const json = new TextEncoder().encode(JSON.stringify(entries))
  const padded = Math.ceil(json.length / 8) * 8
  // The format allows spaces at the end.
  const header = new Uint8Array(8 + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(json, 8)
  return header
}
