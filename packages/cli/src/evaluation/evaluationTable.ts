/** Evaluations for people. */
import { table } from "../table.ts"
import type { Interval } from "./bootstrap.ts"
import type { Evaluation } from "./evaluate.ts"
import type { Measures } from "./Measures.ts"

export const head: ReadonlyArray<string> = [
  "",
  "rows",
  "flag",
  "F1",
  "at",
  "AU-PRC",
  "AUROC",
  "precision",
  "recall",
  "ECE",
]

export function evaluationTable(evaluation: Evaluation): ReadonlyArray<string> {
  const { overall, policies } = evaluation
  const all = [...Object.entries(policies), ["overall", overall] as const]
  return [...table([head, ...all.map(([name, measures]) => cellsOf(name, measures))]), "", ...remarksOf(evaluation)]
}

/** What a table has no room for, a sentence each. */
export function remarksOf({ latency, overall, policies }: Evaluation): ReadonlyArray<string> {
  const all = [...Object.entries(policies), ["overall", overall] as const]
  const { atThreshold, intervals } = overall
  return [
    ...all.flatMap(([name, measures]) => untoldLines(name, measures)),
    ...(intervals === null
      ? []
      : [
          `overall, 95 % intervals: F1 ${range(intervals.f1)}, AU-PRC ${range(intervals.auPrc)}, AUROC ${range(intervals.auRoc)}`,
        ]),
    ...(atThreshold === null
      ? []
      : [
          `overall, flagged from ${figure(atThreshold.threshold)} on: F1 ${figure(atThreshold.f1)}, precision ${figure(atThreshold.precision)}, recall ${figure(atThreshold.recall)}`,
        ]),
    `a row took ${latency.medianMs.toFixed(0)} ms in the median, ${latency.p95Ms.toFixed(0)} ms at the 95th percentile`,
    "F1, precision and recall are those of the threshold that is best on these very rows.",
  ]
}

/** Why there are no figures of it. */
export const untoldLines = (name: string, measures: Measures): ReadonlyArray<string> =>
  measures.untold === undefined ? [] : [`${name}: ${measures.untold}${ofOneLabel(measures)}`]

/** What rows of one label tell all the same. */
function ofOneLabel({ count, flagged, positives }: Measures): string {
  if (flagged === null) return ""
  return `; at its threshold the ${positives === count ? "recall" : "false-positive rate"} is ${figure(flagged)}`
}

export const cellsOf = (name: string, measures: Measures): ReadonlyArray<string> => [
  name,
  String(measures.count),
  String(measures.positives),
  ...[measures.f1, measures.threshold, measures.auPrc, measures.auRoc].map(figure),
  ...[measures.precision, measures.recall, measures.ece].map(figure),
]

const figure = (value: number | null): string => (value === null ? "-" : value.toFixed(3))

const range = ([low, high]: Interval): string => `${figure(low)} to ${figure(high)}`
