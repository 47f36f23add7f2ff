const bins = 10

/** What was said, and what came true. */
interface Outcome {
  /** From 0 to 1. */
  readonly probability: number
  /** 0, 1, or the share of it that came true. */
  readonly outcome: number
}

/** The examples whose probability lies in one tenth of 0 to 1: how many, and the sums of what they say. */
export interface CalibrationBin {
  readonly count: number
  readonly probabilities: number
  readonly outcomes: number
}

/** Ten bins of equal width, from the lowest; 1 is in the last. */
export function calibrationBins(examples: ReadonlyArray<Outcome>): ReadonlyArray<CalibrationBin> {
  const found = Array.from({ length: bins }, () => ({ count: 0, probabilities: 0, outcomes: 0 }))
  for (const { outcome, probability } of examples) {
    const bin = found[Math.min(bins - 1, Math.floor(probability * bins))]!
    bin.count += 1
    bin.probabilities += probability
    bin.outcomes += outcome
  }
  return found
}

/**
 * The expected calibration error: the mean distance between probability and frequency in ten bins of equal width, by how many
 * fall into each (Naeini, Cooper and Hauskrecht, 2015).
 *
 * @param examples at least one
 * @returns from 0 to 1
 */
export const calibrationError = (examples: ReadonlyArray<Outcome>): number =>
  calibrationBins(examples).reduce((total, bin) => total + Math.abs(bin.probabilities - bin.outcomes), 0) /
  examples.length
