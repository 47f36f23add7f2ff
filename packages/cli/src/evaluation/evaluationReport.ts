/** An evaluation as one HTML page that needs nothing else: a table, and plots as inline SVG. */
import { calibrationBins, curveOf, type Judged } from "@facet/sdk/words"
import type { Evaluation } from "./evaluate.ts"
import { cellsOf, head, remarksOf } from "./evaluationTable.ts"
import { page, plot, scoreBars, tableOf, x, y } from "./HtmlReport.ts"

/**
 * @param title such as the dataset's name; any text, as it is escaped
 * @param more remarks, such as what a second guard does on the same rows
 */
export function evaluationReport(title: string, evaluation: Evaluation, more: ReadonlyArray<string> = []): string {
  const all = [...Object.entries(evaluation.policies), ["overall", evaluation.overall] as const]
  const { rows } = evaluation
  const plots = [
    plot("Precision and recall", "recall", "precision", precisionRecall(rows)),
    plot("Reliability", "probability", "frequency", reliability(rows)),
    plot("Scores", "probability", "share of a label's rows: 1 filled, 0 outlined", scores(rows)),
  ]
  const cells = all.map(([name, measures]) => cellsOf(name, measures))
  return page(title, tableOf(head, cells), [...remarksOf(evaluation), ...more], [["Overall", plots]])
}

/** The curve in steps, as its area is counted. */
function precisionRecall(rows: ReadonlyArray<Judged>): string {
  const { points, positives } = curveOf(rows)
  if (positives === 0) return ""
  const steps = points.map(({ falsePositives, truePositives }) => {
    const precision = truePositives / (truePositives + falsePositives)
    return `V${y(precision)}H${x(truePositives / positives)}`
  })
  return `<path d="M${x(0)} ${y(1)}${steps.join("")}"/>`
}

function reliability(rows: ReadonlyArray<Judged>): string {
  const bins = calibrationBins(rows.map(({ label, probability }) => ({ probability, outcome: label })))
  const dots = bins.flatMap(({ count, outcomes, probabilities }) =>
    count === 0
      ? []
      : [
          `<circle cx="${x(probabilities / count)}" cy="${y(outcomes / count)}" r="4"><title>${count} rows</title></circle>`,
        ],
  )
  return `<path class="even" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>${dots.join("")}`
}

const scores = (rows: ReadonlyArray<Judged>): string =>
  scoreBars(
    ([1, 0] as const).map((wanted) => ({
      values: rows.filter(({ label }) => label === wanted).map(({ probability }) => probability),
      style: wanted === 1 ? "filled" : "outlined",
    })),
  )
