/**
 * f32 to IEEE 754 binary16, to the nearest, ties to even, as every converter rounds. Little endian.
 *
 * @returns infinity for what is larger than binary16 holds: 65,504 and what rounds to it.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < words.length; i++) halves[i] = halfOf(words[i]!)
  return halves
}

/** Of the smallest normal binary16, 2^-14, and of 2^16, as bits of an f32. */
const smallestNormal = 0x3880_0000
const tooLarge = 0x4780_0000

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fff_ffff
  // Not finite, or beyond what rounds to 65,504.
  if (magnitude >= tooLarge) return sign | (magnitude > 0x7f80_0000 ? 0x7e00 : 0x7c00)
  if (magnitude >= smallestNormal) {
    // The exponent's bias is 15 instead of 127; half of the last bit that stays rounds, ties to the even one.
    const rounded = magnitude - 0x3800_0000 + 0xfff + ((magnitude >>> 13) & 1)
    return sign | (rounded >>> 13)
  }
  // Subnormal: units of 2^-24. Below half of one it is zero.
  const exponent = magnitude >>> 23
  const shift = 126 - exponent
  if (shift > 24) return sign
  const mantissa = (magnitude & 0x7f_ffff) | 0x80_0000
  const half = mantissa >>> shift
  const rest = mantissa & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0))
}
