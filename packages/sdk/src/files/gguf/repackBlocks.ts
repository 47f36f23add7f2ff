/** GGUF's plain blocks in our own layout, without loss: the same levels and scales, in other places. */
import type { Quantization } from "../../words/Tensors.ts"
import type { QuantisedMatrix } from "../Quantisation.ts"
import { ggufBlock, type GgufEncoding } from "./GgufEncoding.ts"
import { halfValues } from "../halfValues.ts"

/** The layout of ours that is exactly this encoding; undefined where there is none. */
export function packedLayout(encoding: GgufEncoding): Quantization | undefined {
  if (encoding === "Q4_0") return { bits: 4, blockSize: 32 }
  if (encoding === "Q8_0") return { bits: 8, blockSize: 32 }
  return undefined
}

/**
 * @param bytes whole blocks of Q4_0 or Q8_0.
 * @returns a matrix whose every weight is the very one that the blocks hold; a scale may be no number, where the file's is
 *   none.
 */
export function repackBlocks(bytes: Uint8Array, encoding: "Q4_0" | "Q8_0"): QuantisedMatrix {
  const stride = ggufBlock(encoding).bytes
  const count = Math.floor(bytes.length / stride)
  const scales = new Float32Array(count)
  const data = new Uint8Array(count * (stride - 2))
  const halves = halfValues()
  const repack = encoding === "Q4_0" ? repack4 : repack8
  for (let block = 0; block < count; block++) {
    const at = block * stride
    scales[block] = halves[bytes[at]! | (bytes[at + 1]! << 8)]!
    repack(bytes, at + 2, data, block * (stride - 2))
  }
  return { data, scales }
}

/** GGUF puts weight i and i + 16 into a byte; we put neighbours. Both count levels from 8. */
function repack4(bytes: Uint8Array, from: number, data: Uint8Array, to: number): void {
  for (let i = 0; i < 8; i++) {
    const first = bytes[from + 2 * i]!
    const second = bytes[from + 2 * i + 1]!
    data[to + i] = (first & 15) | ((second & 15) << 4)
    data[to + 8 + i] = (first >> 4) | (second & 0xf0)
  }
}

/** GGUF's levels are signed; ours count from 128. */
function repack8(bytes: Uint8Array, from: number, data: Uint8Array, to: number): void {
  for (let i = 0; i < 32; i++) data[to + i] = bytes[from + i]! ^ 0x80
}
