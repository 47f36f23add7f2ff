/** xorshift32 (Marsaglia, "Xorshift RNGs", 2003): the same examples fall into the same folds. */
export function seededBelow(seed: number): (end: number) => number {
  let state = seed
  return (end) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * end)
  }
}

const seed = 42

/** Fisher and Yates. */
export function shuffled<A>(list: ReadonlyArray<A>, below: (end: number) => number): ReadonlyArray<A> {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i--) {
    const j = below(i + 1)
    const kept = all[i]!
    all[i] = all[j]!
    all[j] = kept
  }
  return all
}

/** Those of either label, in an order that the seed determines. */
export const byLabel = (
  labels: ReadonlyArray<0 | 1>,
  indices: ReadonlyArray<number>,
  below: (end: number) => number = seededBelow(seed),
): readonly [ReadonlyArray<number>, ReadonlyArray<number>] => {
  const of = (label: 0 | 1) =>
    shuffled(
      indices.filter((i) => labels[i] === label),
      below,
    )
  return [of(0), of(1)]
}

/** Splits examples into parts that hold either label in like shares; no more parts than there are of the rarer one. */
export function foldsOf(
  labels: ReadonlyArray<0 | 1>,
  indices: ReadonlyArray<number>,
  most: number,
): ReadonlyArray<ReadonlyArray<number>> {
  const [negatives, positives] = byLabel(labels, indices)
  const count = Math.max(2, Math.min(most, negatives.length, positives.length))
  const folds = Array.from({ length: count }, () => new Array<number>())
  for (const [place, index] of [...positives, ...negatives].entries()) folds[place % count]?.push(index)
  return folds
}
