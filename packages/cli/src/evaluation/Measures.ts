/** What a guard is worth on labelled rows. */
import {
  bestPoint,
  calibrationError,
  curveOf,
  decidedPoint,
  type Judged,
  type OperatingPoint,
  pointAt,
  type RankingFigures,
  rankingFigures,
} from "@facet/sdk/words"
import { bootstrap, type Interval } from "./bootstrap.ts"

/** Figures from 0 to 1; null where the rows cannot tell them, and `untold` says why. */
export interface Measures {
  /** The highest F1 that any threshold reaches on these rows, and what that threshold does. */
  readonly f1: number | null
  readonly threshold: number | null
  readonly auPrc: number | null
  readonly auRoc: number | null
  readonly precision: number | null
  readonly recall: number | null
  /** The expected calibration error, in ten bins of equal width. */
  readonly ece: number | null
  readonly count: number
  readonly positives: number
  /** At the threshold that the guard flags from. */
  readonly atThreshold: OperatingPoint | null
  /**
   * Of all rows, those that the guard flags: where all are labelled 1 that is its recall, where none is its false-positive rate. Null
   * without rows.
   */
  readonly flagged: number | null
  /** 95 % intervals. */
  readonly intervals: Readonly<Record<keyof RankingFigures, Interval>> | null
  readonly untold?: string
}

const unranked = {
  f1: null,
  threshold: null,
  auPrc: null,
  auRoc: null,
  precision: null,
  recall: null,
  atThreshold: null,
  intervals: null,
} as const

/**
 * @param threshold that the guard flags from
 * @param decisions what it flagged, where several policies have thresholds of their own
 */
export function measure(
  rows: ReadonlyArray<Judged>,
  threshold: number,
  decisions?: ReadonlyArray<Judged & { readonly flagged: boolean }>,
): Measures {
  const curve = curveOf(rows)
  const { negatives, positives } = curve
  if (rows.length === 0) {
    return { ...unranked, ece: null, count: 0, positives, flagged: null, untold: "no row has a label for it" }
  }
  const flags = decisions?.map(({ flagged }) => flagged) ?? rows.map(({ probability }) => probability >= threshold)
  const told = { count: rows.length, positives, flagged: flags.filter(Boolean).length / rows.length }
  const ece = calibrationError(rows.map(({ label, probability }) => ({ probability, outcome: label })))
  if (positives === 0) return { ...unranked, ece, ...told, untold: "no row is labelled 1" }
  if (negatives === 0) return { ...unranked, ece, ...told, untold: "no row is labelled 0" }
  const { precision, recall, threshold: best } = bestPoint(curve)
  return {
    ...rankingFigures(curve),
    threshold: best,
    precision,
    recall,
    ece,
    ...told,
    atThreshold: decisions === undefined ? pointAt(curve, threshold) : decidedPoint(curve, threshold, decisions),
    intervals: bootstrap(rows),
  }
}
