/** Reports as HTML pages that load nothing: tables, and plots as inline SVG. */

const style =
  "body{font:16px system-ui;margin:2rem;color:#222;background:#fff}td,th{padding:.2rem .6rem;text-align:right}" +
  "td:first-child{text-align:left}.plots{display:flex;flex-wrap:wrap;gap:2rem}figure{margin:0;width:20rem}" +
  "path{fill:none;stroke:#0b57d0;stroke-width:2}.even{stroke:#999;stroke-dasharray:4}" +
  "circle,.filled{fill:#0b57d0}.outlined{fill:none;stroke:#b3261e}text{font-size:9px}"

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)

/** The plots' square: both axes go from 0 to 1. */
const side = 200
const margin = 30
export const x = (share: number): string => (margin + share * side).toFixed(1)
export const y = (share: number): string => (10 + (1 - share) * side).toFixed(1)

/** @param marks SVG in the plot's square */
export const plot = (title: string, across: string, upwards: string, marks: string): string => `<figure>
<svg viewBox="0 0 ${side + margin + 10} ${side + 40}" role="img" aria-label="${escaped(title)}">
<rect x="${x(0)}" y="${y(1)}" width="${side}" height="${side}" fill="none" stroke="#ccc"/>
<text x="${x(0)}" y="${side + 22}">0</text><text x="${x(1)}" y="${side + 22}" text-anchor="end">1</text>
<text x="${x(0.5)}" y="${side + 34}" text-anchor="middle">${across}</text>
<text x="${margin - 8}" y="${y(0)}" text-anchor="end">0</text><text x="${margin - 8}" y="${y(0.96)}" text-anchor="end">1</text>
${marks}
</svg>
<figcaption>${escaped(title)}: ${upwards} by ${across}</figcaption>
</figure>`

export const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => `<table>
<tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr>
${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("\n")}
</table>`

/**
 * @param title any text, as it is escaped; `remarks` and the sections' titles, too
 * @param sections titles and plots
 */
export const page = (
  title: string,
  tables: string,
  remarks: ReadonlyArray<string>,
  sections: ReadonlyArray<readonly [title: string, plots: ReadonlyArray<string>]>,
): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
${tables}
${remarks.map((remark) => `<p>${escaped(remark)}</p>`).join("\n")}
${sections.map(([name, plots]) => `<h2>${escaped(name)}</h2>\n<div class="plots">\n${plots.join("\n")}\n</div>`).join("\n")}
</html>
`

/** Values from 0 to 1, and how their bars look. */
export interface Bars {
  readonly values: ReadonlyArray<number>
  readonly style: "filled" | "outlined"
}

/** Of each list the share of its values in twenty bins. What comes last lies on top, so that all are seen. */
export function scoreBars(lists: ReadonlyArray<Bars>): string {
  const bins = 20
  return lists
    .flatMap(({ style, values }) => {
      const counts = Array.from({ length: bins }, () => 0)
      for (const value of values) counts[Math.min(bins - 1, Math.floor(value * bins))]! += 1
      return counts.map((count, bin) => {
        const share = count / values.length
        const place = `x="${x((bin + 0.05) / bins)}" y="${y(share)}" width="${((0.9 * side) / bins).toFixed(1)}"`
        return count > 0 ? `<rect class="${style}" ${place} height="${(share * side).toFixed(1)}"/>` : ""
      })
    })
    .join("")
}
