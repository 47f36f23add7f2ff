/** How far figures would move with other rows of the same kind. */
import { type Curve, type Judged, sorted, weightedCurve } from "./Curve.ts"

export type Interval = readonly [low: number, high: number]

const resamples = 1000
const seed = 42

/**
 * The 95 % intervals of figures by the percentile bootstrap (Efron, 1979): as many rows are drawn with replacement, a thousand
 * times, and of each figure the middle 95 % are kept. The draws are seeded: the same rows give the same intervals.
 *
 * @param rows of both labels; draws that have one alone are left out, as nothing can be told of them
 */
export function bootstrap<K extends string>(
  rows: ReadonlyArray<Judged>,
  figuresOf: (curve: Curve) => Readonly<Record<K, number>>,
): Readonly<Record<K, Interval>> {
  const ranked = sorted(rows)
  const draw = uniformBelow(ranked.length)
  const drawn: Array<Readonly<Record<K, number>>> = []
  for (let i = 0; i < resamples; i++) {
    const counts = new Uint32Array(ranked.length)
    for (let j = 0; j < ranked.length; j++) counts[draw()]! += 1
    const curve = weightedCurve(ranked, counts)
    if (curve.positives > 0 && curve.negatives > 0) drawn.push(figuresOf(curve))
  }
  const names = Object.keys(figuresOf(weightedCurve(ranked, undefined))) as ReadonlyArray<K>
  const entries = names.map((name) => [name, middle(drawn.map((figures) => figures[name]))] as const)
  // One entry for each of K, as `names` has them all.
  return Object.fromEntries(entries) as Record<K, Interval>
}

function middle(values: ReadonlyArray<number>): Interval {
  const ordered = Float64Array.from(values).sort()
  const at = (share: number): number => ordered[Math.round(share * (ordered.length - 1))] ?? 0
  return [at(0.025), at(0.975)]
}

/** Whole numbers below `end` from xorshift32 (Marsaglia, "Xorshift RNGs", 2003). */
function uniformBelow(end: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * end)
  }
}
