/** How many rows a guard flags at each threshold, rightly and wrongly: what the figures of a ranking are read from. */

/** What a guard said of a row, and what is true. */
export interface Judged {
  /** P(Yes), from 0 to 1. */
  readonly probability: number
  readonly label: 0 | 1
}

/** Rows that are flagged where all with at least this probability are. */
export interface CurvePoint {
  readonly threshold: number
  readonly truePositives: number
  readonly falsePositives: number
}

export interface Curve {
  /** From the highest threshold to the lowest, one for each probability that occurs; at the last all rows are flagged. */
  readonly points: ReadonlyArray<CurvePoint>
  readonly positives: number
  readonly negatives: number
}

/** Rows of one probability are flagged together: a threshold cannot tell them apart. */
export const curveOf = (rows: ReadonlyArray<Judged>): Curve => weightedCurve(sorted(rows), undefined)

/** From the likeliest to the least likely. */
export const sorted = (rows: ReadonlyArray<Judged>): ReadonlyArray<Judged> =>
  rows.toSorted((a, b) => b.probability - a.probability)

/**
 * @param rows as {@link sorted} gave them
 * @param counts how often each of them counts; once where there are none
 */
export function weightedCurve(rows: ReadonlyArray<Judged>, counts: Uint32Array | undefined): Curve {
  const points: Array<CurvePoint> = []
  let [truePositives, falsePositives] = [0, 0]
  for (const [i, { label, probability }] of rows.entries()) {
    const count = counts?.[i] ?? 1
    if (count === 0) continue
    if (label === 1) truePositives += count
    else falsePositives += count
    const point = { threshold: probability, truePositives, falsePositives }
    if (points.at(-1)?.threshold === probability) points[points.length - 1] = point
    else points.push(point)
  }
  return { points, positives: truePositives, negatives: falsePositives }
}
