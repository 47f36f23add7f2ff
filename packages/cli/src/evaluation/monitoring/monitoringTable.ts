/** What a service's guard did, for people. */
import { table } from "../../table.ts"
import { cellsOf, head as measuresHead, untoldLines } from "../evaluationTable.ts"
import type { Monitoring, PolicyUse } from "./Monitoring.ts"
import { sides } from "./readReports.ts"

export const monitoringHead: ReadonlyArray<string> = [
  "",
  "judged",
  "flagged",
  "p5",
  "p50",
  "p95",
  "PSI",
  "KS",
  "p",
  "flag rate",
]

export function monitoringCells({ sides: of }: Monitoring): ReadonlyArray<ReadonlyArray<string>> {
  return sides.flatMap((side) => Object.entries(of[side]).map(([id, use]) => cells(`${side} ${id}`, use)))
}

export function monitoringTable(monitoring: Monitoring): ReadonlyArray<string> {
  const { labelled } = monitoring
  return [
    ...table([monitoringHead, ...monitoringCells(monitoring)]),
    "",
    ...(labelled === null ? [] : [...table([measuresHead, cellsOf("labelled", labelled)]), ""]),
    ...monitoringRemarks(monitoring),
  ]
}

function cells(name: string, { count, drift, flagged, percentiles }: PolicyUse): ReadonlyArray<string> {
  const told =
    drift === undefined
      ? ["-", "-", "-", "-"]
      : [drift.stabilityIndex, drift.distance, drift.pValue]
          .map((one) => one.toFixed(3))
          .concat(signed(drift.flagRate.difference))
  return [name, String(count), String(flagged), ...percentiles.map((one) => one.toFixed(3)), ...told]
}

const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(3)}`

/** Above it much has moved. Source: see `Drift`. */
const muchMoved = 0.25

/** What a table has no room for, a sentence each. */
export function monitoringRemarks(monitoring: Monitoring): ReadonlyArray<string> {
  const { blocked, calls, firstDelay, labelled, leakedCharacters, missing, outcomes } = monitoring
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  const moved = sides.flatMap((side) =>
    Object.entries(monitoring.sides[side]).flatMap(([id, { drift }]) =>
      drift !== undefined && drift.stabilityIndex > muchMoved ? [`${side} ${id}`] : [],
    ),
  )
  return [
    `${calls} calls: ${ends.join(", ")}; ${blocked.flagged} blocked as flagged, ${blocked.failed} as not judged`,
    ...(leakedCharacters > 0 ? [`${leakedCharacters} characters of flagged sentences went out (mode audit)`] : []),
    ...(firstDelay === null
      ? []
      : [
          `a first text waited ${firstDelay.medianMs.toFixed(0)} ms in the median, ${firstDelay.p95Ms.toFixed(0)} ms at the 95th percentile`,
        ]),
    ...(moved.length === 0 ? [] : [`much has moved (PSI above ${muchMoved}): ${moved.join(", ")}`]),
    ...missing.map((policy) => `${policy}: the reference has it, and nobody was judged by it here`),
    ...(labelled === null
      ? ["no call has a label: what was flagged rightly is not known"]
      : untoldLines("labelled", labelled)),
  ]
}
