const bins = 10

/**
 * The expected calibration error: the mean distance between probability and frequency in ten bins of equal width, by how many
 * fall into each (Naeini, Cooper and Hauskrecht, 2015).
 *
 * @param examples at least one; `probability` from 0 to 1, `outcome` 0, 1, or the share of it that came true
 * @returns from 0 to 1
 */
export function calibrationError(
  examples: ReadonlyArray<{ readonly probability: number; readonly outcome: number }>,
): number {
  const sums = Array.from({ length: bins }, () => 0)
  for (const { outcome, probability } of examples) {
    const bin = Math.min(bins - 1, Math.floor(probability * bins))
    sums[bin]! += probability - outcome
  }
  return sums.reduce((total, sum) => total + Math.abs(sum), 0) / examples.length
}
