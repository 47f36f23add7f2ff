/**
 * Block quantisation of weights, in the byte layout of ONNX Runtime's `MatMulNBits` and `GatherBlockQuantized`
 * (onnxruntime, docs/ContribOperators.md): symmetric, so that no zero points are stored.
 *
 * A matrix `[N, K]` is cut along K into blocks of `blockSize`, the last padded with zeros. A weight is
 * `scale * (q - zero point)`; q is an unsigned integer of 4 or 8 bits, the zero point 8 or 128. Two 4-bit values share
 * a byte, the first in the low nibble.
 */
import { InvalidRequestError } from "../words/Errors.ts"
import type { Quantization } from "../words/Tensors.ts"

/** A matrix `[N, K]` in blocks, with B = ceil(K / blockSize). */
export interface QuantisedMatrix {
  /** `[N, B, blockSize * bits / 8]`. */
  readonly data: Uint8Array
  /** `[N, B]`; may be negative. */
  readonly scales: Float32Array
}

/** How many blocks a row of K weights has. */
export const blocksOf = (columns: number, blockSize: number): number => Math.ceil(columns / blockSize)

/**
 * Quantises a matrix.
 *
 * With 8 bits a block's scale is its largest magnitude / 127: a weight is off by half a scale at most. With 4 bits the
 * scale is that of least squared error among several (llama.cpp, `make_qx_quants`), so never a worse one than Q4_0's.
 *
 * @param values `[rows, columns]`, f32, finite.
 * @throws InvalidRequestError when the lengths disagree or a value is not finite.
 */
export const quantiseMatrix = (
  values: Float32Array,
  rows: number,
  columns: number,
  { bits, blockSize }: Quantization,
): QuantisedMatrix => {
  checkValues(values, rows * columns)
  const blocks = blocksOf(columns, blockSize)
  const blockBytes = (blockSize * bits) / 8
  const data = new Uint8Array(rows * blocks * blockBytes)
  const scales = new Float32Array(rows * blocks)
  const block = new Float32Array(blockSize)
  const levels = new Int8Array(blockSize)
  const quantiseBlock = bits === 4 ? quantiseBlock4 : quantiseBlock8
  for (let at = 0; at < scales.length; at++) {
    const row = Math.floor(at / blocks)
    const start = (at % blocks) * blockSize
    const end = Math.min(start + blockSize, columns)
    block.fill(0)
    block.set(values.subarray(row * columns + start, row * columns + end))
    scales[at] = quantiseBlock(block, levels)
    pack(levels, bits, data.subarray(at * blockBytes, (at + 1) * blockBytes))
  }
  return { data, scales }
}

/** The weights that a quantised matrix stands for: `[rows, columns]`, f32. */
export const dequantiseMatrix = (
  { data, scales }: QuantisedMatrix,
  rows: number,
  columns: number,
  { bits, blockSize }: Quantization,
): Float32Array => {
  const values = new Float32Array(rows * columns)
  const blocks = blocksOf(columns, blockSize)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const block = row * blocks + Math.floor(column / blockSize)
      const at = block * blockSize + (column % blockSize)
      const level = bits === 8 ? data[at]! - 128 : ((data[at >> 1]! >> ((at & 1) * 4)) & 15) - 8
      values[row * columns + column] = scales[block]! * level
    }
  }
  return values
}

const checkValues = (values: Float32Array, expected: number): void => {
  const invalid = (problem: string, remedy: string) => new InvalidRequestError({ option: "values", problem, remedy })
  if (values.length !== expected) {
    throw invalid(`there are ${values.length} values where the shape has ${expected}`, "Give rows * columns values.")
  }
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at >= 0) throw invalid(`value ${at} is ${values[at]}`, "Weights must be finite.")
}

/** Writes the levels of a block, from -127 to 127, and returns its scale. */
const quantiseBlock8 = (block: Float32Array, levels: Int8Array): number => {
  const scale = Math.fround(Math.abs(extremeOf(block)) / 127)
  // A scale that underflows to 0 stands for a block of zeros.
  for (let i = 0; i < block.length; i++) levels[i] = scale === 0 ? 0 : clamp(Math.round(block[i]! / scale), -127, 127)
  return scale
}

/** Levels that the largest magnitude of a 4-bit block is tried at. Q4_0 takes -8; 7.x leaves more to the other sign. */
const extremeLevels = Float64Array.of(-8, -7.1, -7.3, -7.5, -7.7, -7.9, -8.2, -8.4, -8.6)

/** Writes the levels of a block, from -8 to 7, and returns its scale. */
const quantiseBlock4 = (block: Float32Array, levels: Int8Array): number => {
  const extreme = extremeOf(block)
  levels.fill(0)
  if (extreme === 0) return 0
  let scale = 0
  let inverse = 0
  let most = 0
  for (let tried = 0; tried < extremeLevels.length; tried++) {
    const candidate = extremeLevels[tried]! / extreme
    // For given levels q, the scale xq / qq leaves the least squared error, xx - xq^2 / qq.
    let xq = 0
    let qq = 0
    for (let i = 0; i < block.length; i++) {
      const value = block[i]!
      const level = level4(value * candidate)
      xq += value * level
      qq += level * level
    }
    if (xq * xq <= most * qq) continue
    most = (xq * xq) / qq
    scale = xq / qq
    inverse = candidate
  }
  for (let i = 0; i < block.length; i++) levels[i] = level4(block[i]! * inverse)
  return Math.fround(scale)
}

/** The nearest level of a value in units of the scale; at least -8.6, so that the truncation rounds. */
const level4 = (value: number): number => Math.min(15, (value + 8.5) | 0) - 8

/** The value of the largest magnitude, with its sign. */
const extremeOf = (block: Float32Array): number => {
  let extreme = 0
  for (let i = 0; i < block.length; i++) if (Math.abs(block[i]!) > Math.abs(extreme)) extreme = block[i]!
  return extreme
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

const pack = (levels: Int8Array, bits: 4 | 8, target: Uint8Array): void => {
  for (let i = 0; i < target.length; i++) {
    target[i] = bits === 8 ? levels[i]! + 128 : (levels[2 * i]! + 8) | ((levels[2 * i + 1]! + 8) << 4)
  }
}
