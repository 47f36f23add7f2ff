import type { Interval } from "../bootstrap.ts"

/** How far a policy's scores have moved from those of the reference. */
export interface Drift {
  /**
   * Population stability index over ten bins that hold a tenth of the reference each: below 0.1 nothing has moved, above 0.25 much
   * has (the convention of credit scoring; Siddiqi, 2006).
   */
  readonly stabilityIndex: number
  /** The largest distance between the two distributions, 0 to 1, and how likely one so large is by chance (Kolmogorov, Smirnov). */
  readonly distance: number
  readonly pValue: number
  /** The share that is flagged, minus the reference's, with its 95 % interval (normal approximation). */
  readonly flagRate: { readonly difference: number; readonly interval: Interval }
}

export interface Scores {
  readonly probabilities: ReadonlyArray<number>
  readonly flagged: number
}

/** Both with at least one score. */
export function driftOf(now: Scores, reference: Scores): Drift {
  const distance = largestDistance(now.probabilities, reference.probabilities)
  return {
    stabilityIndex: stabilityIndex(now.probabilities, reference.probabilities),
    distance,
    pValue: kolmogorov(distance, now.probabilities.length, reference.probabilities.length),
    flagRate: rateDifference(now, reference),
  }
}

const bins = 10
/** A bin that holds nothing has no logarithm: half a score is put there. */
const emptyBin = 0.5

function stabilityIndex(now: ReadonlyArray<number>, reference: ReadonlyArray<number>): number {
  const ordered = reference.toSorted((a, b) => a - b)
  const cuts = Array.from({ length: bins - 1 }, (_, i) => ordered[Math.floor(((i + 1) * ordered.length) / bins)] ?? 1)
  const [a, b] = [sharesOf(now, cuts), sharesOf(reference, cuts)]
  return a.reduce((sum, share, i) => sum + (share - (b[i] ?? 0)) * Math.log(share / (b[i] ?? 1)), 0)
}

function sharesOf(values: ReadonlyArray<number>, cuts: ReadonlyArray<number>): ReadonlyArray<number> {
  const counts = Array.from({ length: bins }, () => 0)
  for (const value of values) counts[cuts.filter((cut) => value >= cut).length]! += 1
  const all = counts.reduce((sum, count) => sum + Math.max(count, emptyBin), 0)
  return counts.map((count) => Math.max(count, emptyBin) / all)
}

function largestDistance(a: ReadonlyArray<number>, b: ReadonlyArray<number>): number {
  const [x, y] = [a.toSorted((p, q) => p - q), b.toSorted((p, q) => p - q)]
  let [i, j, largest] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i] ?? 1, y[j] ?? 1)
    while (i < x.length && (x[i] ?? 1) <= value) i++
    while (j < y.length && (y[j] ?? 1) <= value) j++
    largest = Math.max(largest, Math.abs(i / x.length - j / y.length))
  }
  return largest
}

/** The asymptotic distribution with Stephens' correction for small samples (Numerical Recipes, section 14.3). */
function kolmogorov(distance: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m))
  const t = (root + 0.12 + 0.11 / root) * distance
  // The series does not converge near 0, where the probability is 1.
  if (t < 0.2) return 1
  let [sum, sign] = [0, 1]
  for (let k = 1; k <= 100; k++) {
    sum += sign * Math.exp(-2 * k * k * t * t)
    sign = -sign
  }
  return Math.min(1, Math.max(0, 2 * sum))
}

function rateDifference(now: Scores, reference: Scores): Drift["flagRate"] {
  const [n, m] = [now.probabilities.length, reference.probabilities.length]
  const [p, q] = [now.flagged / n, reference.flagged / m]
  const half = 1.96 * Math.sqrt((p * (1 - p)) / n + (q * (1 - q)) / m)
  return { difference: p - q, interval: [p - q - half, p - q + half] }
}
