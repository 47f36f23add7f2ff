/** The page of an evaluation. */
import { expect, test } from "vitest"
import type { Judged } from "@facet/sdk/words"
import { evaluationReport } from "../../src/evaluation/evaluationReport.ts"
import { measure } from "../../src/evaluation/Measures.ts"

const report = (title: string, rows: ReadonlyArray<Judged>): string => {
  const overall = measure(rows, 0.5)
  return evaluationReport(title, { overall, policies: {}, latency: { medianMs: 1, p95Ms: 2, totalMs: 3 }, rows })
}

const rows: ReadonlyArray<Judged> = [
  { probability: 1, label: 1 },
  { probability: 0.5, label: 0 },
  { probability: 0.5, label: 1 },
  { probability: 0, label: 0 },
]

test("loads nothing, and shows a name as it is written", () => {
  const page = report(`<b>&"rows"`, rows)
  expect(page).toContain("<h1>&lt;b&gt;&amp;&quot;rows&quot;</h1>")
  expect(page).not.toMatch(/<script|<link|src=|url\(|https?:/)
})

test("draws the curve in steps, a dot for each bin and a bar for each label's share", () => {
  const page = report("rows", rows)
  // Recall .5 at precision 1, 1 at 2/3, 1 at 1/2, in a square of 200 that begins at (30, 10).
  expect(page).toContain('d="M30.0 10.0V10.0H130.0V76.7H230.0V110.0H230.0"')
  expect(page.match(/<circle [^>]*/g)).toStrictEqual([
    '<circle cx="30.0" cy="210.0" r="4"',
    '<circle cx="130.0" cy="110.0" r="4"',
    '<circle cx="230.0" cy="10.0" r="4"',
  ])
  expect(page.match(/class="filled"/g)).toHaveLength(2)
  expect(page.match(/class="outlined"/g)).toHaveLength(2)
})

test("has no NaN where there is one label alone, or none to flag", () => {
  for (const label of [0, 1] as const) {
    const page = report("rows", [{ probability: 0.25, label }])
    expect(page).not.toContain("NaN")
    expect(page).toContain(`no row is labelled ${1 - label}`)
  }
})
