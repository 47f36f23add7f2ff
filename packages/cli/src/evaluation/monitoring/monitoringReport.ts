/** The same as one HTML page that needs nothing else. */
import { page, plot, scoreBars, tableOf } from "../HtmlReport.ts"
import { cellsOf, head as measuresHead } from "../evaluationTable.ts"
import type { Monitoring } from "./Monitoring.ts"
import { monitoringCells, monitoringHead, monitoringRemarks } from "./monitoringTable.ts"
import { type CallReport, sides } from "./readReports.ts"

/** @param title such as the file's name; any text, as it is escaped */
export function monitoringReport(
  title: string,
  monitoring: Monitoring,
  reports: ReadonlyArray<CallReport>,
  reference: ReadonlyArray<CallReport> | undefined,
): string {
  const scores = (of: ReadonlyArray<CallReport>, side: (typeof sides)[number], id: string): ReadonlyArray<number> =>
    of.flatMap(({ verdicts }) =>
      verdicts[side].flatMap(({ policy, probability }) => (policy === id ? probability : [])),
    )
  const plots = sides.flatMap((side) =>
    Object.keys(monitoring.sides[side]).map((id) => {
      const before =
        reference === undefined ? [] : [{ values: scores(reference, side, id), style: "outlined" as const }]
      const now = { values: scores(reports, side, id), style: "filled" as const }
      const upwards = reference === undefined ? "share of the calls" : "share: now filled, reference outlined"
      return plot(`${side} ${id}`, "probability", upwards, scoreBars([now, ...before]))
    }),
  )
  const { labelled } = monitoring
  const tables = [
    tableOf(monitoringHead, monitoringCells(monitoring)),
    ...(labelled === null ? [] : [tableOf(measuresHead, [cellsOf("labelled", labelled)])]),
  ]
  return page(title, tables.join("\n"), monitoringRemarks(monitoring), [["Scores", plots]])
}
