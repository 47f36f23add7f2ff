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

/** What 4-bit weights are rounded by: what was measured of the values that a layer reads. */
export interface Measured {
  /** `[columns]`, at least 0: how much an error in each column counts, such as the mean square of what the layer reads there. */
  readonly importance: Float32Array
  readonly feedback?: ErrorFeedback | undefined
}

/**
 * How columns make up for each other's errors: what rounding leaves of one is added to those behind it that a layer reads
 * together with it (GPTQ, arXiv 2210.17323, section 3.3).
 */
export interface ErrorFeedback {
  /** Columns of a band, a multiple of the block: errors stay within it. */
  readonly band: number
  /**
   * `[columns, band]`: in row `k`, how much each column of its band takes over of what was left of column `k`. What stands there
   * up to `k` itself is not read.
   */
  readonly shares: Float32Array
}

/** How many blocks a row of K weights has. */
export const blocksOf = (columns: number, blockSize: number): number => Math.ceil(columns / blockSize)

/**
 * Quantises a matrix.
 *
 * With 8 bits a block's scale is its largest magnitude / 127: a weight is off by half a scale at most. With 4 bits the
 * scale is that of least squared error among several (the idea of llama.cpp's `make_qx_quants`), so never a worse one than
 * Q4_0's.
 *
 * @param values `[rows, columns]`, f32, finite.
 * @param measured with 4 bits a block's scale is that of least error so weighted, and errors are handed on; with 8 bits there
 * is little to win, and it is not used.
 * @throws InvalidRequestError when the lengths disagree or a value is not finite.
 */
export const quantiseMatrix = (
  values: Float32Array,
  rows: number,
  columns: number,
  { bits, blockSize }: Quantization,
  measured?: Measured,
): QuantisedMatrix => {
  checkValues(values, rows * columns)
  if (measured !== undefined && bits === 4) return quantiseMeasured(values, rows, columns, blockSize, measured)
  const blocks = blocksOf(columns, blockSize)
  const blockBytes = (blockSize * bits) / 8
  const data = new Uint8Array(rows * blocks * blockBytes)
  const scales = new Float32Array(rows * blocks)
  const quantiseBlock = bits === 4 ? quantiseBlock4 : quantiseBlock8
  // One for all blocks: these loops run over billions of weights. What stands behind a row's end is zero.
  const block = new Float64Array(blockSize)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += blockSize, at++) {
      const count = Math.min(blockSize, columns - start)
      const from = row * columns + start
      for (let i = 0; i < count; i++) block[i] = values[from + i]!
      if (count < blockSize) block.fill(0, count)
      scales[at] = quantiseBlock(block, data, at * blockBytes)
    }
  }
  return { data, scales }
}

/** In 4 bits, by what was measured. */
const quantiseMeasured = (
  values: Float32Array,
  rows: number,
  columns: number,
  blockSize: number,
  { feedback, importance }: Measured,
): QuantisedMatrix => {
  const counts = countsOf(importance, columns, blockSize)
  if (feedback !== undefined) checkFeedback(feedback, columns, blockSize)
  const blocks = blocksOf(columns, blockSize)
  const data = new Uint8Array((rows * blocks * blockSize) / 2)
  const scales = new Float32Array(rows * blocks)
  // What is left to round of a row: what errors before have not changed, or have.
  const rest = new Float64Array(blocks * blockSize)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) rest[i] = values[row * columns + i]!
    for (let start = 0; start < columns; start += blockSize, at++) {
      const block = rest.subarray(start, start + blockSize)
      const scale = scaleWeighted4(block, counts.subarray(start, start + blockSize))
      scales[at] = scale
      // A scale of 0 stands for a block of zeros.
      const inverse = scale === 0 ? 0 : 1 / scale
      for (let i = start, byte = (at * blockSize) / 2; i < start + blockSize; i += 2, byte++) {
        const low = level4(rest[i]! * inverse)
        if (feedback !== undefined) handOn(rest, i, rest[i]! - low * scale, feedback)
        const high = level4(rest[i + 1]! * inverse)
        if (feedback !== undefined) handOn(rest, i + 1, rest[i + 1]! - high * scale, feedback)
        data[byte] = (low + 8) | ((high + 8) << 4)
      }
    }
  }
  return { data, scales }
}

/** Adds what is left of a column to those behind it in its band. */
const handOn = (rest: Float64Array, column: number, left: number, { band, shares }: ErrorFeedback): void => {
  const start = column - (column % band)
  const end = Math.min(start + band, rest.length)
  const from = column * band - start
  for (let i = column + 1; i < end; i++) rest[i]! += left * shares[from + i]!
}

const checkFeedback = ({ band, shares }: ErrorFeedback, columns: number, blockSize: number): void => {
  if (band % blockSize === 0 && columns % blockSize === 0 && shares.length === columns * band) return
  throw new InvalidRequestError({
    option: "importance",
    problem: `bands of ${band} with ${shares.length} shares do not fit ${columns} columns in blocks of ${blockSize}`,
    remedy: "Measure with bands that are a multiple of the block.",
  })
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
    for (let block = 0; block < blocks; block++) {
      const from = (row * blocks + block) * blockSize
      const to = row * columns + block * blockSize
      // What stands behind a row's end is no weight.
      const count = Math.min(blockSize, columns - block * blockSize)
      const scale = scales[row * blocks + block]!
      if (bits === 8) for (let i = 0; i < count; i++) values[to + i] = scale * (data[from + i]! - 128)
      else {
        for (let i = 0; i < count; i++) {
          values[to + i] = scale * (((data[(from + i) >> 1]! >> ((i & 1) * 4)) & 15) - 8)
        }
      }
    }
  }
  return values
}

const checkValues = (values: Float32Array, expected: number): void => {
  const invalid = (problem: string, remedy: string) => new InvalidRequestError({ option: "values", problem, remedy })
  if (values.length !== expected) {
    throw invalid(`there are ${values.length} values where the shape has ${expected}`, "Give rows * columns values.")
  }
  let sum = 0
  // A finite number less itself is zero; all others give NaN.
  for (let i = 0; i < expected; i++) sum += values[i]! - values[i]!
  if (sum === 0) return
  const at = values.findIndex((value) => !Number.isFinite(value))
  throw invalid(`value ${at} is ${values[at]}`, "Weights must be finite.")
}

/** Writes a block's levels, 1 to 255 around 128, and returns its scale. */
const quantiseBlock8 = (block: Float64Array, data: Uint8Array, at: number): number => {
  const scale = Math.fround(Math.abs(extremeOf(block)) / 127)
  // A scale that underflows to 0 stands for a block of zeros.
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let i = 0; i < block.length; i++) data[at + i] = Math.min(255, Math.max(1, (block[i]! * inverse + 128.5) | 0))
  return scale
}

/**
 * Levels that the largest magnitude of a 4-bit block is tried at. Q4_0 takes -8; 7.x leaves more to the other sign, and
 * less cuts the extreme off for the sake of the many. None is above 8.5, so that no value comes below level -8.
 */
const extremeLevels = [
  [-8, -7.6, -7.2],
  [-6.8, -6.4, -8.4],
] as const

/** A double that is added to another and taken off again rounds it to a whole number, the nearest. */
const rounder = 1.5 * 2 ** 52

/** Writes a block's levels, 0 to 15 around 8, and returns its scale. */
const quantiseBlock4 = (block: Float64Array, data: Uint8Array, at: number): number => {
  const extreme = extremeOf(block)
  if (extreme === 0) {
    data.fill(0x88, at, at + block.length / 2)
    return 0
  }
  const scale = searchScale4(block, extreme)
  // The levels nearest to that scale, and the scale that suits these: a step more towards the least error.
  const inverse = 1 / scale
  let xq = 0
  let qq = 0
  for (let i = 0; i < block.length; i += 2) {
    const low = level4(block[i]! * inverse)
    const high = level4(block[i + 1]! * inverse)
    xq += block[i]! * low + block[i + 1]! * high
    qq += low * low + high * high
    data[at + i / 2] = (low + 8) | ((high + 8) << 4)
  }
  return Math.fround(xq / qq)
}

/** A column that nothing was seen in counts a little, too: another text may use it. */
const leastImportance = 0.02

function countsOf(importance: Float32Array, columns: number, blockSize: number): Float64Array {
  const invalid = (problem: string, remedy: string) =>
    new InvalidRequestError({ option: "importance", problem, remedy })
  if (importance.length !== columns) {
    throw invalid(`there are ${importance.length} values for ${columns} columns`, "Give one for each column.")
  }
  const mean = importance.reduce((sum, value) => sum + value, 0) / columns
  if (!(mean > 0 && mean < Infinity) || importance.some((value) => !(value >= 0))) {
    throw invalid("it holds what is no number of at least 0, or zeros alone", "Measure it again.")
  }
  const counts = new Float64Array(blocksOf(columns, blockSize) * blockSize)
  importance.forEach((value, column) => (counts[column] = value / mean + leastImportance))
  return counts
}

/** Levels that a weighted block's extreme is tried at: an extreme that counts for little may be cut off by far. */
const weightedLevels = Float64Array.from({ length: 18 }, (_, i) => -4.75 - i / 4)

/** The scale of least error for a block whose errors count differently, refined by one more step. */
const scaleWeighted4 = (block: Float64Array, counts: Float64Array): number => {
  const extreme = extremeOf(block)
  if (extreme === 0) return 0
  let scale = extreme / -8
  let most = 0
  for (let tried = 0; tried < weightedLevels.length; tried++) {
    const inverse = weightedLevels[tried]! / extreme
    let xq = 0
    let qq = 0
    for (let i = 0; i < block.length; i++) {
      const level = level4(block[i]! * inverse)
      xq += counts[i]! * level * block[i]!
      qq += counts[i]! * level * level
    }
    if (xq * xq > most * qq) [most, scale] = [(xq * xq) / qq, xq / qq]
  }
  const inverse = 1 / scale
  let xq = 0
  let qq = 0
  for (let i = 0; i < block.length; i++) {
    const level = level4(block[i]! * inverse)
    xq += counts[i]! * block[i]! * level
    qq += counts[i]! * level * level
  }
  return Math.fround(qq === 0 ? scale : xq / qq)
}

/** For given levels q, the scale xq / qq leaves the least squared error, xx - xq^2 / qq. */
const searchScale4 = (block: Float64Array, extreme: number): number => {
  let scale = 0
  let most = 0
  for (const [a, b, c] of extremeLevels) {
    const [inverseA, inverseB, inverseC] = [a / extreme, b / extreme, c / extreme]
    // Three at once: each value is read once, and the processor adds up side by side.
    let [xqA, qqA, xqB, qqB, xqC, qqC] = [0, 0, 0, 0, 0, 0]
    for (let i = 0; i < block.length; i++) {
      const value = block[i]!
      let levelA = value * inverseA + rounder - rounder
      let levelB = value * inverseB + rounder - rounder
      let levelC = value * inverseC + rounder - rounder
      if (levelA > 7) levelA = 7
      if (levelB > 7) levelB = 7
      if (levelC > 7) levelC = 7
      xqA += value * levelA
      xqB += value * levelB
      xqC += value * levelC
      qqA += levelA * levelA
      qqB += levelB * levelB
      qqC += levelC * levelC
    }
    if (xqA * xqA > most * qqA) [most, scale] = [(xqA * xqA) / qqA, xqA / qqA]
    if (xqB * xqB > most * qqB) [most, scale] = [(xqB * xqB) / qqB, xqB / qqB]
    if (xqC * xqC > most * qqC) [most, scale] = [(xqC * xqC) / qqC, xqC / qqC]
  }
  return scale
}

/** The nearest level of a value in units of the scale. */
const level4 = (value: number): number => {
  const level = value + rounder - rounder
  return level > 7 ? 7 : level < -8 ? -8 : level
}

/** The value of the largest magnitude, with its sign. */
const extremeOf = (block: Float64Array): number => {
  let extreme = 0
  let most = 0
  for (let i = 0; i < block.length; i++) {
    const magnitude = Math.abs(block[i]!)
    if (magnitude > most) {
      most = magnitude
      extreme = block[i]!
    }
  }
  return extreme
}
