import { curveOf, type Judged } from "../../words/Curve.ts"
import { type FacetError, invalidRequest } from "../../words/Errors.ts"
import type { TrainedOperatingPoint } from "../../words/PolicyTraining.ts"
import type { WantedPoint } from "../../words/readTrainingExamples.ts"
import { bestPoint, operatingPoint } from "../../words/Ranking.ts"

/**
 * The threshold, and what it does on the held-out examples.
 *
 * @throws InvalidRequestError where no threshold does both, or the examples cannot tell
 */
export function chooseThreshold(heldOut: ReadonlyArray<Judged>, wanted: WantedPoint): TrainedOperatingPoint {
  const curve = curveOf(heldOut)
  const { maxFalsePositiveRate, minRecall } = wanted
  if (maxFalsePositiveRate === undefined && minRecall === undefined) {
    const { threshold } = bestPoint(curve)
    return pointsOf(curve, wanted).find((point) => point.threshold === threshold)!
  }
  if (maxFalsePositiveRate !== undefined && maxFalsePositiveRate * curve.negatives < 1)
    throw untold(maxFalsePositiveRate, curve.negatives)
  const all = pointsOf(curve, wanted)
  const allowed = all.filter((point) => point.falsePositiveRate <= (maxFalsePositiveRate ?? 1))
  const last = allowed.at(-1)
  if (minRecall === undefined) return last ?? nothingFlagged(wanted)
  const reached = allowed.find((point) => point.recall >= minRecall)
  if (reached !== undefined) return reached
  throw invalidRequest(
    "minRecall",
    `with a false-positive rate of at most ${maxFalsePositiveRate ?? 1} the recall on held-out examples is ${(last?.recall ?? 0).toFixed(3)}, below ${minRecall}`,
    "Ask for less, or give more examples.",
  )
}

const untold = (rate: number, negatives: number): FacetError =>
  invalidRequest(
    "maxFalsePositiveRate",
    `${negatives} examples labelled 0 cannot tell a rate of ${rate}: one of them is ${(1 / negatives).toFixed(4)}`,
    `Give at least ${Math.ceil(1 / Math.max(rate, 1e-6))} of them, or ask for a higher rate.`,
  )

/** From the highest threshold to the lowest. */
const pointsOf = (curve: ReturnType<typeof curveOf>, wanted: WantedPoint): ReadonlyArray<TrainedOperatingPoint> =>
  curve.points.map((point) => ({
    ...operatingPoint(curve, point),
    falsePositiveRate: point.falsePositives / curve.negatives,
    ...asked(wanted),
  }))

/** A threshold that no example reaches. */
const nothingFlagged = (wanted: WantedPoint): TrainedOperatingPoint => ({
  threshold: 1,
  precision: 0,
  recall: 0,
  falsePositiveRate: 0,
  f1: 0,
  ...asked(wanted),
})

const asked = ({ maxFalsePositiveRate, minRecall }: WantedPoint): Pick<TrainedOperatingPoint, keyof WantedPoint> => ({
  ...(maxFalsePositiveRate !== undefined && { maxFalsePositiveRate }),
  ...(minRecall !== undefined && { minRecall }),
})
