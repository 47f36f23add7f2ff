/** How far figures would move with other rows of the same kind. */
import { type Judged, type RankingFigures, rankingFigures, sorted, weightedCurve } from "@facet/sdk/words"
import { uniformBelow } from "./uniformBelow.ts"

export type Interval = readonly [low: number, high: number]

export const resamples = 1000

/**
 * The 95 % intervals of figures by the percentile bootstrap (Efron, 1979): as many rows are drawn with replacement, a thousand
 * times, and of each figure the middle 95 % are kept. The draws are seeded: the same rows give the same intervals.
 *
 * @param rows of both labels; draws that have one alone are left out, as nothing can be told of them
 */
export function bootstrap(rows: ReadonlyArray<Judged>): Readonly<Record<keyof RankingFigures, Interval>> {
  const ranked = sorted(rows)
  const draw = uniformBelow(ranked.length)
  const drawn: Array<RankingFigures> = []
  for (let i = 0; i < resamples; i++) {
    const counts = new Uint32Array(ranked.length)
    for (let j = 0; j < ranked.length; j++) counts[draw()]! += 1
    const curve = weightedCurve(ranked, counts)
    if (curve.positives > 0 && curve.negatives > 0) drawn.push(rankingFigures(curve))
  }
  return {
    f1: middle(drawn.map(({ f1 }) => f1)),
    auPrc: middle(drawn.map(({ auPrc }) => auPrc)),
    auRoc: middle(drawn.map(({ auRoc }) => auRoc)),
  }
}

/** The middle 95 % of values. */
export function middle(values: ReadonlyArray<number>): Interval {
  const ordered = Float64Array.from(values).sort()
  const at = (share: number): number => ordered[Math.round(share * (ordered.length - 1))] ?? 0
  return [at(0.025), at(0.975)]
}
