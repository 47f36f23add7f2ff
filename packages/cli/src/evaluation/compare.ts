/** Two guards on the same rows: how far apart they are, and whether chance explains it. */
import { type Judged, rankingFigures, type RankingFigures, sorted, weightedCurve } from "@facet/sdk/words"
import { middle, resamples, type Interval } from "./bootstrap.ts"
import { uniformBelow } from "./uniformBelow.ts"

/** The second guard's figure minus the first one's. */
export interface Difference {
  readonly difference: number
  /** 95 %, by the paired bootstrap. */
  readonly interval: Interval
  /** Two-sided, by the paired bootstrap: how often a draw does not favour the one that is ahead, twice. */
  readonly pValue: number
}

export interface Comparison {
  /** Null where the rows have one label alone. */
  readonly figures: Readonly<Record<keyof RankingFigures, Difference>> | null
  /** What each decides at its own thresholds, by McNemar's exact test. */
  readonly mcNemar: {
    /** Rows that the first decides rightly and the second does not. */
    readonly onlyFirstRight: number
    readonly onlySecondRight: number
    /** Two-sided: the probability of a split at least as uneven, were both equally good. */
    readonly pValue: number
  }
}

/** A row, as a guard judged it. */
export interface Decided extends Judged {
  readonly flagged: boolean
}

const figureNames = ["f1", "auPrc", "auRoc"] as const satisfies ReadonlyArray<keyof RankingFigures>

/**
 * Both are measured on the same draws of rows, so that rows that are hard for both do not hide a difference (Efron and Tibshirani,
 * 1993); decisions are compared by McNemar's exact test (McNemar, 1947). The draws are seeded.
 *
 * @param first and `second`: the same rows in the same order
 */
export function compare(first: ReadonlyArray<Decided>, second: ReadonlyArray<Decided>): Comparison {
  const labels = new Set(first.map(({ label }) => label))
  return { figures: labels.size < 2 ? null : pairedBootstrap(first, second), mcNemar: mcNemar(first, second) }
}

function pairedBootstrap(
  first: ReadonlyArray<Decided>,
  second: ReadonlyArray<Decided>,
): Readonly<Record<keyof RankingFigures, Difference>> {
  const sides = [first, second].map(ranked)
  const observed = differenceOf(sides.map(({ rows }) => rankingFigures(weightedCurve(rows, undefined))))
  const draw = uniformBelow(first.length)
  const drawn: Array<RankingFigures> = []
  for (let i = 0; i < resamples; i++) {
    const counts = new Uint32Array(first.length)
    for (let j = 0; j < first.length; j++) counts[draw()]! += 1
    const curves = sides.map(({ order, rows }) =>
      weightedCurve(
        rows,
        Uint32Array.from(order, (row) => counts[row] ?? 0),
      ),
    )
    // Of a draw with one label nothing can be told.
    if (curves.every(({ negatives, positives }) => negatives > 0 && positives > 0)) {
      drawn.push(differenceOf(curves.map(rankingFigures)))
    }
  }
  const told = (name: keyof RankingFigures): Difference => {
    const values = drawn.map((figures) => figures[name])
    return { difference: observed[name], interval: middle(values), pValue: pValueOf(values) }
  }
  return { f1: told("f1"), auPrc: told("auPrc"), auRoc: told("auRoc") }
}

/** Rows by probability, and where each stood: both sides are drawn by the same places. */
function ranked(rows: ReadonlyArray<Decided>): {
  readonly rows: ReadonlyArray<Judged>
  readonly order: ReadonlyArray<number>
} {
  const placed = sorted(rows.map((row, place) => ({ ...row, place }))) as ReadonlyArray<
    Judged & { readonly place: number }
  >
  return { rows: placed, order: placed.map(({ place }) => place) }
}

function differenceOf([a, b]: ReadonlyArray<RankingFigures>): RankingFigures {
  const of = (name: keyof RankingFigures): number => (b?.[name] ?? 0) - (a?.[name] ?? 0)
  const [f1, auPrc, auRoc] = figureNames.map(of)
  return { f1: f1 ?? 0, auPrc: auPrc ?? 0, auRoc: auRoc ?? 0 }
}

/** With one draw added to each side: a thousand draws cannot tell a probability of 0. */
function pValueOf(differences: ReadonlyArray<number>): number {
  const share = (isCounted: (difference: number) => boolean): number =>
    (differences.filter(isCounted).length + 1) / (differences.length + 1)
  return Math.min(
    1,
    2 *
      Math.min(
        share((one) => one <= 0),
        share((one) => one >= 0),
      ),
  )
}

function mcNemar(first: ReadonlyArray<Decided>, second: ReadonlyArray<Decided>): Comparison["mcNemar"] {
  const isRight = ({ flagged, label }: Decided): boolean => flagged === (label === 1)
  let [onlyFirstRight, onlySecondRight] = [0, 0]
  for (const [i, one] of first.entries()) {
    const other = second[i]
    if (other === undefined || isRight(one) === isRight(other)) continue
    if (isRight(one)) onlyFirstRight++
    else onlySecondRight++
  }
  return { onlyFirstRight, onlySecondRight, pValue: signTest(onlyFirstRight, onlySecondRight) }
}

/** Twice the smaller tail of the binomial distribution with p = 1/2, at most 1. */
export function signTest(a: number, b: number): number {
  const n = a + b
  let logChoose = 0
  let tail = 0
  for (let k = 0; k <= Math.min(a, b); k++) {
    if (k > 0) logChoose += Math.log(n - k + 1) - Math.log(k)
    tail += Math.exp(logChoose - n * Math.LN2)
  }
  return Math.min(1, 2 * tail)
}
