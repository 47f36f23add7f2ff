/**
 * The weights that GGUF's blocks stand for, as f32: bit for bit what the `gguf` package's `quants.dequantize` gives,
 * which computes every product and every sum in f32.
 *
 * Layouts: ggml, `ggml-common.h` (`block_q4_0` and so on). Scales are f16; `level` is the small integer that a weight
 * is stored as.
 */
import { toFloat32 } from "../toFloat32.ts"
import { ggufBlock, type GgufEncoding } from "./GgufEncoding.ts"
import { halfValues } from "../halfValues.ts"

/** Writes the weights of the block at `at` of the bytes to `to` of the target. */
type ReadBlock = (bytes: Uint8Array, at: number, target: Float32Array, to: number, halves: Float32Array) => void

/**
 * @param bytes whole blocks.
 * @returns a weight for each that the blocks hold.
 */
export function dequantise(bytes: Uint8Array, encoding: GgufEncoding): Float32Array {
  if (encoding === "F32" || encoding === "F16" || encoding === "BF16") return toFloat32(bytes, encoding)
  const block = ggufBlock(encoding)
  const read = readers[encoding]
  const count = Math.floor(bytes.length / block.bytes)
  const weights = new Float32Array(count * block.weights)
  const halves = halfValues()
  for (let index = 0; index < count; index++) read(bytes, index * block.bytes, weights, index * block.weights, halves)
  return weights
}

const { fround } = Math

const scaleAt = (bytes: Uint8Array, at: number, halves: Float32Array): number =>
  halves[bytes[at]! | (bytes[at + 1]! << 8)]!

const q4_0: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!
    target[to + i] = scale * ((pair & 15) - 8)
    target[to + 16 + i] = scale * ((pair >> 4) - 8)
  }
}

const q4_1: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  const least = scaleAt(bytes, at + 2, halves)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i]!
    target[to + i] = fround(scale * (pair & 15)) + least
    target[to + 16 + i] = fround(scale * (pair >> 4)) + least
  }
}

/** The fifth bits of 32 levels, one a bit. */
const highBits = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

const q5_0: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  const high = highBits(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i]!
    target[to + i] = scale * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16)
    target[to + 16 + i] = scale * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16)
  }
}

const q5_1: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  const least = scaleAt(bytes, at + 2, halves)
  const high = highBits(bytes, at + 4)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i]!
    target[to + i] = fround(scale * ((pair & 15) | (((high >>> i) & 1) << 4))) + least
    target[to + 16 + i] = fround(scale * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4))) + least
  }
}

const q8_0: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  for (let i = 0; i < 32; i++) target[to + i] = scale * ((bytes[at + 2 + i]! << 24) >> 24)
}

/** 16 pairs of 4-bit scale and minimum, 256 levels of 2 bits, the factors of scales and minima. */
const q2_k: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at + 80, halves)
  const least = scaleAt(bytes, at + 82, halves)
  for (let part = 0; part < 16; part++) {
    const pair = bytes[at + part]!
    const factor = fround(scale * (pair & 15))
    const minimum = fround(least * (pair >> 4))
    const shift = ((part >> 1) & 3) * 2
    const levels = at + 16 + (part >> 3) * 32 + (part & 1) * 16
    for (let i = 0; i < 16; i++) {
      target[to + part * 16 + i] = fround(factor * ((bytes[levels + i]! >> shift) & 3)) - minimum
    }
  }
}

/** 256 third bits, 256 levels of 2 bits, 16 scales of 6 bits, their factor. */
const q3_k: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at + 108, halves)
  for (let part = 0; part < 16; part++) {
    const low = (bytes[at + 96 + (part & 7)]! >> ((part >> 3) * 4)) & 15
    const high = (bytes[at + 104 + (part & 3)]! >> ((part >> 2) * 2)) & 3
    const factor = fround(scale * ((low | (high << 4)) - 32))
    const shift = ((part >> 1) & 3) * 2
    const levels = at + 32 + (part >> 3) * 32 + (part & 1) * 16
    const thirdBits = at + (part & 1) * 16
    const bit = part >> 1
    for (let i = 0; i < 16; i++) {
      // A bit that is not set takes 4 away.
      const third = (bytes[thirdBits + i]! >> bit) & 1
      target[to + part * 16 + i] = factor * (((bytes[levels + i]! >> shift) & 3) - ((third ^ 1) << 2))
    }
  }
}

/** Of 8 scales and 8 minima of 6 bits in 12 bytes: the first four of each in the low bits of bytes 0-3 and 4-7. */
const scale6 = (bytes: Uint8Array, at: number, part: number): number =>
  part < 4 ? bytes[at + part]! & 63 : (bytes[at + part + 4]! & 15) | ((bytes[at + part - 4]! >> 6) << 4)

const minimum6 = (bytes: Uint8Array, at: number, part: number): number =>
  part < 4 ? bytes[at + part + 4]! & 63 : (bytes[at + part + 4]! >> 4) | ((bytes[at + part]! >> 6) << 4)

/** The factors of scales and minima, those in 12 bytes, 256 levels of 4 bits. */
const q4_k: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  const least = scaleAt(bytes, at + 2, halves)
  for (let part = 0; part < 8; part++) {
    const factor = fround(scale * scale6(bytes, at + 4, part))
    const minimum = fround(least * minimum6(bytes, at + 4, part))
    const shift = (part & 1) * 4
    const levels = at + 16 + (part >> 1) * 32
    for (let i = 0; i < 32; i++) {
      target[to + part * 32 + i] = fround(factor * ((bytes[levels + i]! >> shift) & 15)) - minimum
    }
  }
}

/** As Q4_K, with 256 fifth bits before the levels. */
const q5_k: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at, halves)
  const least = scaleAt(bytes, at + 2, halves)
  for (let part = 0; part < 8; part++) {
    const factor = fround(scale * scale6(bytes, at + 4, part))
    const minimum = fround(least * minimum6(bytes, at + 4, part))
    const shift = (part & 1) * 4
    const levels = at + 48 + (part >> 1) * 32
    for (let i = 0; i < 32; i++) {
      const fifth = (bytes[at + 16 + i]! >> part) & 1
      target[to + part * 32 + i] = fround(factor * (((bytes[levels + i]! >> shift) & 15) | (fifth << 4))) - minimum
    }
  }
}

/** 256 lower halves of 4 bits, 256 upper ones of 2 bits, 16 scales of 8 bits, their factor. */
const q6_k: ReadBlock = (bytes, at, target, to, halves) => {
  const scale = scaleAt(bytes, at + 208, halves)
  for (let part = 0; part < 16; part++) {
    const factor = fround(scale * ((bytes[at + 192 + part]! << 24) >> 24))
    // Eight runs of 32 weights: two of a half share its 64 bytes of lower halves, four its 32 bytes of upper ones.
    const run = part >> 1
    const half = run >> 2
    const within = (part & 1) * 16
    const low = at + half * 64 + (run & 1) * 32 + within
    const lowShift = ((run >> 1) & 1) * 4
    const high = at + 128 + half * 32 + within
    const highShift = (run & 3) * 2
    for (let i = 0; i < 16; i++) {
      const level = ((bytes[low + i]! >> lowShift) & 15) | (((bytes[high + i]! >> highShift) & 3) << 4)
      target[to + part * 16 + i] = factor * (level - 32)
    }
  }
}

const readers: Readonly<Record<Exclude<GgufEncoding, "F32" | "F16" | "BF16">, ReadBlock>> = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_k,
  Q3_K: q3_k,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
}
