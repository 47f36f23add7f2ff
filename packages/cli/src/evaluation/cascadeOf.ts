/** A cascade beside its full guard, on the same rows: how often each stage is asked, what that costs, and what is lost. */
import { type CascadePlan, type JudgingStage, judgingStages, type Verdict, verdictOfProbes } from "@facet/sdk/words"
import { type Interval, middle, resamples } from "./bootstrap.ts"
import type { JudgedRow } from "./evaluate.ts"
import { uniformBelow } from "./uniformBelow.ts"

/** A share from 0 to 1; null where no row tells it. */
interface Told {
  readonly share: number | null
  /** 95 %, by the bootstrap. */
  readonly interval: Interval | null
}

export interface CascadeEvaluation {
  readonly release: number
  /** Null where the guard is asked before anything is flagged. */
  readonly block: number | null
  readonly stages: Readonly<Record<JudgingStage, { readonly asked: number; readonly medianMs: number }>>
  /** Of all rows, those that the guard was asked of. */
  readonly guardAsked: Told
  /** The cascade's time of the guard's, if each row is read by the probes alone: while a model writes they cost nothing. */
  readonly cost: Told
  /** Of the rows that are labelled 1, those that each flags. */
  readonly recall: { readonly guard: number | null; readonly cascade: number | null }
  /** The guard's recall less the cascade's. */
  readonly recallLost: Told
  /** Rows labelled 0 that the cascade flags and the guard does not. */
  readonly newFalsePositives: number
}

/** What a probe made of a row. */
export interface ProbedRow {
  readonly verdict: Verdict
  readonly milliseconds: number
}

/** A row's part of all figures. */
interface Outcome {
  readonly isPositive: boolean
  readonly isAsked: boolean
  readonly byGuard: boolean
  readonly byCascade: boolean
  readonly guardMs: number
  readonly cascadeMs: number
}

/**
 * @param judged by the full guard
 * @param probed the same rows, by the cascade's probes alone
 */
export function cascadeOf(
  judged: ReadonlyArray<JudgedRow>,
  probed: ReadonlyArray<ProbedRow>,
  plan: CascadePlan,
): CascadeEvaluation {
  const outcomes = judged.map((row, i) => outcomeOf(row, probed[i]!, plan))
  const asked = outcomes.filter(({ isAsked }) => isAsked).length
  const positives = outcomes.filter(({ isPositive }) => isPositive)
  const recall = (flags: (outcome: Outcome) => boolean) => ratio(positives.filter(flags).length, positives.length)
  const times = { probe: probed.map(({ milliseconds }) => milliseconds), guard: outcomes.map(({ guardMs }) => guardMs) }
  const counts = { probe: outcomes.length - asked, guard: asked }
  // Each is a stage of its own.
  const stages = Object.fromEntries(
    judgingStages.map((stage) => [stage, { asked: counts[stage], medianMs: median(times[stage]) }]),
  ) as CascadeEvaluation["stages"]
  return {
    release: plan.release,
    block: Number.isFinite(plan.block) ? plan.block : null,
    stages,
    guardAsked: told(outcomes, shareAsked),
    cost: told(outcomes, shareOfTime),
    recall: { guard: recall(({ byGuard }) => byGuard), cascade: recall(({ byCascade }) => byCascade) },
    recallLost: told(outcomes, recallLost),
    newFalsePositives: outcomes.filter((each) => !each.isPositive && each.byCascade && !each.byGuard).length,
  }
}

function outcomeOf({ milliseconds, row, verdict }: JudgedRow, probe: ProbedRow, plan: CascadePlan): Outcome {
  const probabilities = probe.verdict.policies.map(({ probability }) => probability)
  const final = verdictOfProbes(plan, probabilities, probe.verdict.tokens)
  const isAsked = final === undefined
  return {
    isPositive: row.label === 1,
    isAsked,
    byGuard: verdict.flagged,
    byCascade: final?.flagged ?? verdict.flagged,
    guardMs: milliseconds,
    cascadeMs: probe.milliseconds + (isAsked ? milliseconds : 0),
  }
}

type Figure = (outcomes: ReadonlyArray<Outcome>) => number | null

const shareAsked: Figure = (all) => ratio(all.filter(({ isAsked }) => isAsked).length, all.length)

const shareOfTime: Figure = (all) =>
  ratio(
    all.reduce((sum, { cascadeMs }) => sum + cascadeMs, 0),
    all.reduce((sum, { guardMs }) => sum + guardMs, 0),
  )

const recallLost: Figure = (all) => {
  const positives = all.filter(({ isPositive }) => isPositive)
  const found = (flags: (outcome: Outcome) => boolean) => positives.filter(flags).length
  return ratio(found(({ byGuard }) => byGuard) - found(({ byCascade }) => byCascade), positives.length)
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** The figure, and the middle 95 % of those of as many rows drawn with replacement; the draws are seeded. */
function told(outcomes: ReadonlyArray<Outcome>, figure: Figure): Told {
  const share = figure(outcomes)
  if (share === null) return { share, interval: null }
  const draw = uniformBelow(outcomes.length)
  const drawn: Array<number> = []
  for (let i = 0; i < resamples; i++) {
    const value = figure(outcomes.map(() => outcomes[draw()]!))
    if (value !== null) drawn.push(value)
  }
  return { share, interval: middle(drawn) }
}

function median(values: ReadonlyArray<number>): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.floor(ordered.length / 2)] ?? 0
}

/** For people. */
export function cascadeLines({
  block,
  cost,
  guardAsked,
  newFalsePositives,
  recall,
  recallLost: lost,
  release,
  stages,
}: CascadeEvaluation): ReadonlyArray<string> {
  const above = block === null ? "" : `, flagged from ${block} on`
  return [
    `cascade, released below ${release}${above}: the guard is asked of ${stages.guard.asked} rows, ${spoken(guardAsked)}`,
    `one row takes the probes ${stages.probe.medianMs.toFixed(1)} ms and the guard ${stages.guard.medianMs.toFixed(1)} ms in the median; all take the cascade ${spoken(cost)} of the guard's time`,
    lost.share === null
      ? "no row is labelled 1: what a cascade loses cannot be told"
      : `the guard's recall is ${figureOf(recall.guard)}, the cascade's ${figureOf(recall.cascade)}: ${spoken(lost)} lost; ${newFalsePositives} rows more are flagged wrongly`,
  ]
}

const figureOf = (value: number | null): string => (value === null ? "-" : value.toFixed(3))

const percent = (share: number): string => (100 * share).toFixed(1)

const spoken = ({ interval, share }: Told): string =>
  share === null || interval === null
    ? "-"
    : `${percent(share)} % (95 %: ${percent(interval[0])} to ${percent(interval[1])})`
