/** An evaluation as one HTML page that needs nothing else: a table, and plots as inline SVG. */
import { calibrationBins, curveOf, type Judged } from "@facet/sdk/words"
import type { Evaluation } from "./evaluate.ts"
import { cellsOf, head, remarksOf } from "./evaluationTable.ts"

/** @param title such as the dataset's name; any text, as it is escaped */
export function evaluationReport(title: string, evaluation: Evaluation): string {
  const all = [...Object.entries(evaluation.policies), ["overall", evaluation.overall] as const]
  const { rows } = evaluation
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
<table>
<tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr>
${all
  .map(
    ([name, measures]) =>
      `<tr>${cellsOf(name, measures)
        .map((cell) => `<td>${escaped(cell)}</td>`)
        .join("")}</tr>`,
  )
  .join("\n")}
</table>
${remarksOf(evaluation)
  .map((remark) => `<p>${escaped(remark)}</p>`)
  .join("\n")}
<h2>Overall</h2>
<div class="plots">
${plot("Precision and recall", "recall", "precision", precisionRecall(rows))}
${plot("Reliability", "probability", "frequency", reliability(rows))}
${plot("Scores", "probability", "share of a label's rows: 1 filled, 0 outlined", scores(rows))}
</div>
</html>
`
}

const style =
  "body{font:16px system-ui;margin:2rem;color:#222;background:#fff}td,th{padding:.2rem .6rem;text-align:right}" +
  "td:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0;width:20rem}" +
  "path{fill:none;stroke:#0b57d0;stroke-width:2}.even{stroke:#999;stroke-dasharray:4}" +
  "circle,.filled{fill:#0b57d0}.outlined{fill:none;stroke:#b3261e}text{font-size:9px}"

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)

/** The plots' square: both axes go from 0 to 1. */
const side = 200
const margin = 30
const x = (share: number): string => (margin + share * side).toFixed(1)
const y = (share: number): string => (10 + (1 - share) * side).toFixed(1)

const plot = (title: string, across: string, upwards: string, marks: string): string => `<figure>
<svg viewBox="0 0 ${side + margin + 10} ${side + 40}" role="img" aria-label="${title}">
<rect x="${x(0)}" y="${y(1)}" width="${side}" height="${side}" fill="none" stroke="#ccc"/>
<text x="${x(0)}" y="${side + 22}">0</text><text x="${x(1)}" y="${side + 22}" text-anchor="end">1</text>
<text x="${x(0.5)}" y="${side + 34}" text-anchor="middle">${across}</text>
<text x="${margin - 8}" y="${y(0)}" text-anchor="end">0</text><text x="${margin - 8}" y="${y(0.96)}" text-anchor="end">1</text>
${marks}
</svg>
<figcaption>${title}: ${upwards} by ${across}</figcaption>
</figure>`

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

/** Of each label the share of its rows in twenty bins. */
function scores(rows: ReadonlyArray<Judged>): string {
  const bins = 20
  const bars = ([0, 1] as const).flatMap((label) => {
    const own = rows.filter((row) => row.label === label)
    return Array.from({ length: bins }, (_, bin) => {
      const share =
        own.filter(({ probability }) => Math.min(bins - 1, Math.floor(probability * bins)) === bin).length / own.length
      const name = label === 1 ? "filled" : "outlined"
      const place = `x="${x((bin + 0.05) / bins)}" y="${y(share)}" width="${((0.9 * side) / bins).toFixed(1)}"`
      return share > 0 ? `<rect class="${name}" ${place} height="${(share * side).toFixed(1)}"/>` : ""
    })
  })
  // What is outlined lies on top, so that both are seen.
  return bars.toReversed().join("")
}
