/** Thresholds that do best on labelled rows, as a file that every guard reads. */
import {
  bestPoint,
  type Curve,
  curveOf,
  invalidRequest,
  type Judged,
  type OperatingPoint,
  pointAt,
  type Thresholds,
} from "@facet/sdk/words"

export interface ThresholdGoal {
  /** Of what should pass, the share that may be flagged. */
  readonly maxFalsePositiveRate?: number | undefined
  /** Of what should be flagged, the share that must be. */
  readonly minRecall?: number | undefined
}

export interface ChosenThresholds {
  readonly file: Thresholds
  /** Policies that keep their own threshold, as no rows with both labels tell of them. */
  readonly untold: ReadonlyArray<string>
}

/**
 * For each policy the threshold with the highest F1, or the one with the highest F1 among those that reach the goal. Where no
 * policy has rows of both labels, that of `overall` is all policies': a row is flagged by its worst.
 *
 * @throws InvalidRequestError where no row tells anything, or where no threshold reaches the goal
 */
export function chooseThresholds(
  rowsByPolicy: ReadonlyMap<string, ReadonlyArray<Judged>>,
  overall: ReadonlyArray<Judged>,
  goal: ThresholdGoal,
  told: { readonly guard: string; readonly dataset: string },
): ChosenThresholds {
  const curves = [...rowsByPolicy].map(([id, rows]) => [id, curveOf(rows)] as const)
  const known = curves.filter(([, curve]) => hasBoth(curve))
  const all = curveOf(overall)
  if (known.length === 0 && !hasBoth(all)) {
    throw invalidRequest("thresholds-out", "all rows have one label", "Take rows of both: a threshold parts them.")
  }
  const chosen =
    known.length > 0
      ? known.map(([id, curve]) => [id, choose(id, curve, goal)] as const)
      : curves.map(([id]) => [id, choose("overall", all, goal)] as const)
  return {
    file: {
      kind: "facet-thresholds",
      version: 1,
      thresholds: Object.fromEntries(chosen.map(([id, { threshold }]) => [id, threshold])),
      guard: told.guard,
      chosenOn: `${told.dataset}, ${overall.length} rows: ${describe(goal)}`,
    },
    untold: known.length > 0 ? curves.filter(([, curve]) => !hasBoth(curve)).map(([id]) => id) : [],
  }
}

const hasBoth = ({ negatives, positives }: Curve): boolean => negatives > 0 && positives > 0

function choose(id: string, curve: Curve, { maxFalsePositiveRate = 1, minRecall = 0 }: ThresholdGoal): OperatingPoint {
  const within = curve.points.filter(
    ({ falsePositives, truePositives }) =>
      falsePositives / curve.negatives <= maxFalsePositiveRate && truePositives / curve.positives >= minRecall,
  )
  if (within.length > 0) return bestPoint({ ...curve, points: within })
  // Nothing flagged at all has no false positives.
  if (minRecall === 0 && !curve.points.some(({ threshold }) => threshold >= 1)) return pointAt(curve, 1)
  throw invalidRequest(
    "thresholds-out",
    `no threshold of ${id} reaches a recall of ${minRecall} with a false-positive rate of at most ${maxFalsePositiveRate}`,
    "Ask for less, or take another guard.",
  )
}

function describe({ maxFalsePositiveRate, minRecall }: ThresholdGoal): string {
  const goals = [
    ...(maxFalsePositiveRate === undefined ? [] : [`false-positive rate at most ${maxFalsePositiveRate}`]),
    ...(minRecall === undefined ? [] : [`recall at least ${minRecall}`]),
  ]
  return ["highest F1", ...goals].join(", ")
}
