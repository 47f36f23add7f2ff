/** The figures of a ranking, each as scikit-learn defines it; all need rows of both labels. */
import type { Curve, CurvePoint, Judged } from "./Curve.ts"

/** What flagging from a threshold on does; each figure from 0 to 1. */
export interface OperatingPoint {
  readonly threshold: number
  readonly f1: number
  /** Of what is flagged, the share that should be. */
  readonly precision: number
  /** Of what should be flagged, the share that is. */
  readonly recall: number
}

/** What a ranking is worth, whatever the threshold; each figure from 0 to 1. */
export interface RankingFigures {
  /** The highest that any threshold reaches. */
  readonly f1: number
  readonly auPrc: number
  readonly auRoc: number
}

export const rankingFigures = (curve: Curve): RankingFigures => ({
  f1: bestPoint(curve).f1,
  auPrc: averagePrecision(curve),
  auRoc: areaUnderRoc(curve),
})

/** The area under the precision-recall curve: scikit-learn's `average_precision_score`, a sum of steps, not of trapezia. */
function averagePrecision({ points, positives }: Curve): number {
  let [area, before] = [0, 0]
  for (const point of points) {
    area += ((point.truePositives - before) / positives) * precisionOf(point)
    before = point.truePositives
  }
  return area
}

/** The probability that of two rows the one to flag is the likelier; equals count half. scikit-learn's `roc_auc_score`. */
export function areaUnderRoc({ negatives, points, positives }: Curve): number {
  let pairs = 0
  let [trueBefore, falseBefore] = [0, 0]
  for (const { falsePositives, truePositives } of points) {
    pairs += ((falsePositives - falseBefore) * (truePositives + trueBefore)) / 2
    trueBefore = truePositives
    falseBefore = falsePositives
  }
  return pairs / (positives * negatives)
}

/** The threshold with the highest F1, which is tuned on these very rows; of several the lowest, which flags most. */
export function bestPoint(curve: Curve): OperatingPoint {
  return curve.points
    .map((point) => operatingPoint(curve, point))
    .reduce((best, point) => (point.f1 >= best.f1 ? point : best))
}

/** What a threshold that was chosen beforehand does. Where nothing is flagged its precision is 0, as scikit-learn has it. */
export function pointAt(curve: Curve, threshold: number): OperatingPoint {
  const nothing = { threshold, truePositives: 0, falsePositives: 0 }
  const reached = curve.points.findLast((point) => point.threshold >= threshold) ?? nothing
  return operatingPoint(curve, { ...reached, threshold })
}

/** What was decided row by row. */
export function decidedPoint(
  curve: Curve,
  threshold: number,
  decisions: ReadonlyArray<Judged & { readonly flagged: boolean }>,
): OperatingPoint {
  const flagged = decisions.filter((row) => row.flagged)
  const truePositives = flagged.filter(({ label }) => label === 1).length
  return operatingPoint(curve, { threshold, truePositives, falsePositives: flagged.length - truePositives })
}

/** What flagging down to a point of the curve does. */
export function operatingPoint({ positives }: Curve, point: CurvePoint): OperatingPoint {
  const { falsePositives, threshold, truePositives } = point
  return {
    threshold,
    f1: (2 * truePositives) / (truePositives + falsePositives + positives),
    precision: precisionOf(point),
    recall: truePositives / positives,
  }
}

const precisionOf = ({ falsePositives, truePositives }: CurvePoint): number =>
  truePositives === 0 ? 0 : truePositives / (truePositives + falsePositives)
