/** Which features fire on some texts and not on others. */
import { checkCount, checkKnown, checkNumber } from "../../words/Checks.ts"
import { invalidRequest } from "../../words/Errors.ts"
import type { Trace } from "../../words/Trace.ts"
import { twoSided } from "./twoSided.ts"

/** A feature that tells two sets of texts apart. */
export interface ExampleHit {
  readonly index: number
  readonly label?: string
  /** Means over the texts of either set of the feature's strongest activation in a text. */
  readonly on: number
  readonly off: number
  /** Standardised difference of the means (Cohen's d); 1e9 where neither set varies, and they differ. */
  readonly effect: number
  /** The chance of a difference at least as large, either way, were the sets alike (Welch), times the features that were looked at. */
  readonly pValue: number
}

export interface ByExampleOptions {
  /** Features that are given, at most. Default 20. */
  readonly most?: number | undefined
  /** Those with a larger p-value are left out. Default 0.05. */
  readonly level?: number | undefined
}

/**
 * Finds the features that are stronger in one set of texts than in another: by the difference of the means, significant after
 * correction for the many features that were looked at (Bonferroni). The largest effect comes first.
 *
 * @param on traces with all features of each token, of at least two texts; `off` too.
 * @throws InvalidRequestError for fewer.
 */
export function featuresByExample(
  on: ReadonlyArray<Pick<Trace, "tokens">>,
  off: ReadonlyArray<Pick<Trace, "tokens">>,
  options: ByExampleOptions = {},
): ReadonlyArray<ExampleHit> {
  checkKnown(options, ["most", "level"])
  const { level = 0.05, most = 20 } = options
  checkCount("most", most)
  checkNumber("level", level, { min: 0, max: 1, integer: false })
  for (const [name, set] of Object.entries({ on, off })) {
    if (set.length < 2)
      throw invalidRequest(name, `${set.length} texts say nothing of how texts differ`, "Give two or more.")
  }
  const labels = new Map<number, string>()
  const [ofOn, ofOff] = [on, off].map((traces) => traces.map((trace) => strongestOf(trace, labels)))
  const indices = new Set([...(ofOn ?? []), ...(ofOff ?? [])].flatMap((one) => [...one.keys()]))
  const hits = [...indices].map((index) => {
    const [a, b] = [ofOn, ofOff].map((all) => momentsOf((all ?? []).map((one) => one.get(index) ?? 0)))
    const { effect, pValue } = compare(a!, b!)
    const label = labels.get(index)
    return {
      index,
      ...(label !== undefined && { label }),
      on: a!.mean,
      off: b!.mean,
      effect,
      pValue: Math.min(1, pValue * indices.size),
    }
  })
  return hits
    .filter((hit) => hit.on > hit.off && hit.pValue <= level)
    .sort((a, b) => b.effect - a.effect || a.index - b.index)
    .slice(0, most)
}

function strongestOf({ tokens }: Pick<Trace, "tokens">, labels: Map<number, string>): Map<number, number> {
  const strongest = new Map<number, number>()
  for (const { features } of tokens) {
    for (const { activation, index, label } of features) {
      if (label !== undefined) labels.set(index, label)
      if (activation > (strongest.get(index) ?? 0)) strongest.set(index, activation)
    }
  }
  return strongest
}

interface Moments {
  readonly count: number
  readonly mean: number
  /** With one degree of freedom less. */
  readonly variance: number
}

function momentsOf(values: ReadonlyArray<number>): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { count: values.length, mean, variance: squares / (values.length - 1) }
}

/** Welch's test. Sets of which neither varies are as different as they can be, or not at all. */
function compare(a: Moments, b: Moments): { readonly effect: number; readonly pValue: number } {
  const difference = a.mean - b.mean
  const [va, vb] = [a.variance / a.count, b.variance / b.count]
  if (va + vb === 0)
    return difference === 0 ? { effect: 0, pValue: 1 } : { effect: Math.sign(difference) * 1e9, pValue: 0 }
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.count - 1) + vb ** 2 / (b.count - 1))
  return {
    effect: difference / Math.sqrt((a.variance + b.variance) / 2),
    pValue: twoSided(difference / Math.sqrt(va + vb), freedom),
  }
}
