import { expect, test } from "vitest"
import type { Figures } from "../../peers/compare.ts"
import type { Costs } from "../../peers/floors.ts"
import { type Circumstances, markdownOf, number, reportOf } from "../../peers/Report.ts"
import type { Row } from "../../peers/rows.ts"

const circumstances: Circumstances = {
  date: "2026-01-02",
  processor: { name: "A processor", cores: 2, instructions: ["AVX2"], memoryBytes: 16e9 },
  node: "24.0.0",
  model: "random weights",
  options: { block: 128, clock: "wall", contexts: [33], minutes: 5, rounds: 2, size: "tiny", threads: 2 },
  speeds: { bytesPerSecond: 10e9, int8PerSecond: 100e9 },
  sides: { facet: { version: "1", settings: "defaults" }, "node-llama-cpp": { version: "3", settings: "Q4_0" } },
}
const costs: Costs = { weightBytes: 20e6, tokenProducts: 1, headProducts: 1, cacheBytes: () => 0 }
const decode: Row = {
  title: "decode",
  key: "tokenMs",
  unit: "ms/token",
  floor: ({ weightBytes }, { bytesPerSecond }) => (weightBytes / bytesPerSecond) * 1000,
}
const unmeasured: Row = { title: "shield", key: "totalMs", unit: "ms" }
const figures: Figures = new Map([
  [
    decode,
    new Map([
      ["facet", [{ round: 0, value: 10, disturbed: false }]],
      ["node-llama-cpp", [{ round: 0, value: 25, disturbed: true }]],
    ] as const),
  ],
])
const leftOut = [{ what: "shield", problem: "no time" }]
const report = reportOf(circumstances, { rows: [decode, unmeasured], figures, costs }, leftOut)

test("the report holds what was measured, with its floor, and what was not, with its reason", () => {
  expect(report.rows).toStrictEqual([
    {
      title: "decode",
      unit: "ms/token",
      floor: 2,
      sides: {
        facet: { best: 10, median: 10, rounds: 1, disturbed: false, figures: [10] },
        "node-llama-cpp": { best: 25, median: 25, rounds: 1, disturbed: true, figures: [25] },
      },
      ratios: { "node-llama-cpp": { median: 2.5, rounds: 1, disturbed: true } },
    },
  ])
  expect(report.leftOut).toStrictEqual(leftOut)
})

test("the table has a column a side and a peer, and marks what others disturbed", () => {
  const page = markdownOf(report)
  expect(page).toContain("| best / median | unit | facet | node-llama-cpp | ratio to node-llama-cpp | floor |")
  expect(page).toContain("| decode | ms/token | 10.0 / 10.0 | 25.0 / 25.0° | 2.50° | 2.00 |")
  expect(page).toContain("2026-01-02, A processor, 2 cores, AVX2, 16.0 GB of memory; Node 24.0.0; 2 threads a side.")
  expect(page).toContain("- node-llama-cpp 3: Q4_0")
  expect(page).toContain("- left out: shield: no time")
  expect(page).toContain("°: other work")
})

test("three digits count", () => {
  expect([0, 0.1234, 12.345, 99.99, 1234.5].map(number)).toStrictEqual(["0", "0.123", "12.3", "100", "1235"])
})
