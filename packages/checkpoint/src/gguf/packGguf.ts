import { ggufBlock, type QuantisedMatrix } from "@facet/sdk/folders"
import { halvesOf } from "../Rows.ts"

/**
 * A matrix of ours in GGUF's blocks, the inverse of `repackBlocks`. Scales become f16: they are rounded, unless they came
 * from such blocks.
 *
 * @param name of the tensor, for the error.
 * @throws InvalidRequestError when a scale is larger than f16 holds.
 */
export function packGguf({ data, scales }: QuantisedMatrix, encoding: "Q8_0" | "Q4_0", name: string): Uint8Array {
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
