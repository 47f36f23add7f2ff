/** The value of every f16, by its bits: 65,536 of them, made when first asked for. */
export function halfValues(): Float32Array {
  known ??= Float32Array.from({ length: 65_536 }, (_, half) => halfToNumber(half))
  return known
}

let known: Float32Array | undefined

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 bits of fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
