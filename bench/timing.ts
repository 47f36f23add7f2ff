/** Timings on a machine that others use too: both sides in turn, minimum and median. */

export interface Timing {
  readonly min: number
  readonly median: number
}

export const timingOf = (samples: ReadonlyArray<number>): Timing => {
  const sorted = samples.toSorted((a, b) => a - b)
  return { min: sorted[0] ?? NaN, median: sorted[Math.floor(sorted.length / 2)] ?? NaN }
}

/** Milliseconds that `work` takes. */
export const millisecondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Runs the sides in turn, so that what disturbs one disturbs all; the first round warms up and is left out. */
export async function inTurn<Side extends string>(
  rounds: number,
  sides: Readonly<Record<Side, (round: number) => Promise<number>>>,
): Promise<Record<Side, Timing>> {
  // The keys of `sides` are of type Side: `Object.keys` widens them.
  const names = Object.keys(sides) as Array<Side>
  const samples = new Map<Side, Array<number>>(names.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const sample = await sides[name](round)
      if (round > 0) samples.get(name)?.push(sample)
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(samples.get(name) ?? [])])) as Record<Side, Timing>
}
