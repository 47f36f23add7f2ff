/** Weights in the blocks that GGUF has, as llama.cpp reads them. */
import { InvalidRequestError } from "@facet/sdk/words"
import { blocksOf, ggufBlock, type QuantisedMatrix, quantiseMatrix } from "@facet/sdk/folders"
import { toFloat16 } from "../toFloat16.ts"

/** What Facet writes. */
export type WrittenEncoding = "F32" | "F16" | "Q8_0" | "Q4_0"

/** @param values `[rows, columns]`, finite; where blocks are written, a row is whole ones. */
export function encodeRows(
  values: Float32Array,
  rows: number,
  columns: number,
  encoding: WrittenEncoding,
  name: string,
): Uint8Array {
  if (encoding === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (encoding === "F16") return new Uint8Array(halvesOf(values, name).buffer)
  const bits = encoding === "Q4_0" ? 4 : 8
  return packBlocks(quantiseMatrix(values, rows, columns, { bits, blockSize: 32 }), encoding, name)
}

/**
 * A matrix of ours in GGUF's blocks, the inverse of `repackBlocks`. Scales become f16: they are rounded, unless they came
 * from such blocks.
 */
export function packBlocks({ data, scales }: QuantisedMatrix, encoding: "Q8_0" | "Q4_0", name: string): Uint8Array {
  const { bytes } = ggufBlock(encoding)
  const halves = halvesOf(scales, name)
  const packed = new Uint8Array(scales.length * bytes)
  const pack = encoding === "Q4_0" ? pack4 : pack8
  for (let block = 0; block < scales.length; block++) {
    const at = block * bytes
    packed[at] = halves[block]! & 255
    packed[at + 1] = halves[block]! >> 8
    pack(data, block * (bytes - 2), packed, at + 2)
  }
  return packed
}

/** We put neighbours into a byte; GGUF puts weight i and i + 16. */
function pack4(data: Uint8Array, from: number, packed: Uint8Array, to: number): void {
  for (let i = 0; i < 8; i++) {
    const low = data[from + i]!
    const high = data[from + 8 + i]!
    packed[to + 2 * i] = (low & 15) | ((high & 15) << 4)
    packed[to + 2 * i + 1] = (low >> 4) | (high & 0xf0)
  }
}

/** Our levels count from 128; GGUF's are signed. */
function pack8(data: Uint8Array, from: number, packed: Uint8Array, to: number): void {
  for (let i = 0; i < 32; i++) packed[to + i] = data[from + i]! ^ 0x80
}

function halvesOf(values: Float32Array, name: string): Uint16Array {
  const halves = toFloat16(values)
  const tooLarge = halves.findIndex((half) => (half & 0x7fff) === 0x7c00)
  if (tooLarge < 0) return halves
  throw new InvalidRequestError({
    option: "dtype",
    problem: `f16 holds nothing above 65504, and the tensor ${name} has ${values[tooLarge]}`,
    remedy: "Use f32.",
  })
}

/** Bytes of a row. */
export const rowLength = (columns: number, encoding: WrittenEncoding): number => {
  const { bytes, weights } = ggufBlock(encoding)
  return blocksOf(columns, weights) * bytes
}
