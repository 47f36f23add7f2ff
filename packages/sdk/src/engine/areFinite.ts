/** Whether all are numbers: neither NaN nor infinite. One pass without a branch. */
export function areFinite(values: Float32Array): boolean {
  let sum = 0
  // A finite number less itself is zero; all others give NaN.
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!
  return sum === 0
}
