/**
 * The floating-point formats that weights are published in, as f32. Bytes are little endian, as are all machines that
 * Facet runs on.
 */
import { halfValues } from "./halfValues.ts"

/** Formats that `toFloat32` reads. */
export type FloatDtype = "F32" | "F16" | "BF16"

/** The values of a tensor, or of a part of it, exactly: every f16 and bf16 is an f32. */
export const toFloat32 = (bytes: Uint8Array, dtype: FloatDtype): Float32Array => {
  // A copy starts at an offset that typed arrays accept.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const { buffer, byteLength, byteOffset } = aligned
  if (dtype === "F32") return new Float32Array(buffer, byteOffset, byteLength / 4)
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2)
  return dtype === "BF16" ? fromBf16(halves) : fromF16(halves)
}

const fromF16 = (halves: Uint16Array): Float32Array => {
  const values = new Float32Array(halves.length)
  const known = halfValues()
  for (let i = 0; i < halves.length; i++) values[i] = known[halves[i]!]!
  return values
}

/** bf16 is the upper half of an f32. */
const fromBf16 = (halves: Uint16Array): Float32Array => {
  const words = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16
  return new Float32Array(words.buffer)
}
