/** What a service's guard did, by its own reports. */
import { type Judged } from "@facet/sdk/words"
import { measure, type Measures } from "../Measures.ts"
import { type Drift, driftOf, type Scores } from "./driftOf.ts"
import { type CallReport, type Side, sides } from "./readReports.ts"

/** What a policy said on one side. */
export interface PolicyUse {
  readonly count: number
  readonly flagged: number
  /** Of the probabilities: the 5th, 50th and 95th percentile. */
  readonly percentiles: readonly [p5: number, p50: number, p95: number]
  /** Left out without a reference, or where the reference says nothing of the policy. */
  readonly drift?: Drift
}

export interface Monitoring {
  readonly calls: number
  readonly outcomes: Readonly<Record<string, number>>
  /** Of those that were blocked: judged bad, or not judged. */
  readonly blocked: { readonly flagged: number; readonly failed: number }
  readonly leakedCharacters: number
  /** Milliseconds between a text's arrival and its release; null where none went out. */
  readonly firstDelay: { readonly medianMs: number; readonly p95Ms: number } | null
  readonly sides: Readonly<Record<Side, Readonly<Record<string, PolicyUse>>>>
  /** Policies that the reference has, and that nobody was judged by here. */
  readonly missing: ReadonlyArray<string>
  /** Of the calls that somebody has labelled; null where nobody has. */
  readonly labelled: Measures | null
}

export function monitor(
  reports: ReadonlyArray<CallReport>,
  reference: ReadonlyArray<CallReport> | undefined,
): Monitoring {
  const before = reference && scoresOf(reference)
  const now = scoresOf(reports)
  const delays = reports.flatMap(({ firstDelayMs }) => firstDelayMs ?? []).toSorted((a, b) => a - b)
  const count = (reason: string): number => reports.filter(({ blocked }) => blocked === reason).length
  return {
    calls: reports.length,
    outcomes: countsOf(reports.map(({ outcome }) => outcome)),
    blocked: { flagged: count("flagged"), failed: count("failed") },
    leakedCharacters: reports.reduce((sum, { leakedCharacters }) => sum + leakedCharacters, 0),
    firstDelay: delays.length === 0 ? null : { medianMs: at(delays, 0.5), p95Ms: at(delays, 0.95) },
    sides: {
      input: usesOf(now.input, before?.input),
      output: usesOf(now.output, before?.output),
    },
    missing: sides.flatMap((side) =>
      [...(before?.[side].keys() ?? [])].filter((id) => !now[side].has(id)).map((id) => `${side} ${id}`),
    ),
    labelled: labelledOf(reports),
  }
}

function countsOf(values: ReadonlyArray<string>): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return Object.fromEntries(counts)
}

type ScoresBySide = Readonly<Record<Side, ReadonlyMap<string, Scores>>>

function scoresOf(reports: ReadonlyArray<CallReport>): ScoresBySide {
  const of = (side: Side): ReadonlyMap<string, Scores> => {
    const found = new Map<string, { probabilities: Array<number>; flagged: number }>()
    for (const { flagged, policy, probability } of reports.flatMap(({ verdicts }) => verdicts[side])) {
      const scores = found.get(policy) ?? { probabilities: [], flagged: 0 }
      scores.probabilities.push(probability)
      if (flagged) scores.flagged++
      found.set(policy, scores)
    }
    return found
  }
  return { input: of("input"), output: of("output") }
}

function usesOf(
  now: ReadonlyMap<string, Scores>,
  before: ReadonlyMap<string, Scores> | undefined,
): Readonly<Record<string, PolicyUse>> {
  const uses = [...now].map(([policy, scores]): readonly [string, PolicyUse] => {
    const ordered = scores.probabilities.toSorted((a, b) => a - b)
    const reference = before?.get(policy)
    const use = {
      count: ordered.length,
      flagged: scores.flagged,
      percentiles: [at(ordered, 0.05), at(ordered, 0.5), at(ordered, 0.95)] as const,
    }
    return [policy, reference === undefined ? use : { ...use, drift: driftOf(scores, reference) }]
  })
  return Object.fromEntries(uses)
}

const at = (ordered: ReadonlyArray<number>, share: number): number =>
  ordered[Math.round(share * (ordered.length - 1))] ?? 0

/** A call is as bad as the worst that was said of it; one of which nothing was said tells nothing. */
function labelledOf(reports: ReadonlyArray<CallReport>): Measures | null {
  const decided = reports.flatMap(({ label, verdicts }): ReadonlyArray<Judged & { readonly flagged: boolean }> => {
    const said = sides.flatMap((side) => verdicts[side])
    if (label === undefined || said.length === 0) return []
    const probability = Math.max(...said.map((one) => one.probability))
    return [{ probability, label, flagged: said.some(({ flagged }) => flagged) }]
  })
  if (decided.length === 0) return null
  const thresholds = reports
    .flatMap(({ verdicts }) => sides.flatMap((side) => verdicts[side]))
    .map((one) => one.threshold)
  return measure(
    decided,
    thresholds.reduce((least, one) => Math.min(least, one), 1),
    decided,
  )
}
