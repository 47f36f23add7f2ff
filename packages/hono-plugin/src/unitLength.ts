/**
 * A vector of length 1, as clients of embedding APIs take it to be: they compare by the dot product alone. Zeros stay.
 *
 * @param vector any length, f32.
 */
export function unitLength(vector: Float32Array): Float32Array<ArrayBuffer> {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length))
}
