/** What a cascade asks, costs and loses beside its full guard. */
import { definePolicy, readCascade, type Verdict } from "@facet/sdk/words"
import { expect, test } from "vitest"
import { cascadeLines, cascadeOf } from "../../src/evaluation/cascadeOf.ts"
import type { DatasetRow, Label } from "../../src/evaluation/readDataset.ts"

const probe = definePolicy({
  id: "quick",
  probe: { of: "text", model: "m", site: "resid_post", layer: 0, pooling: ["mean"], weights: [1], bias: 0 },
})
const verdict = (probability: number): Verdict => ({
  flagged: probability >= 0.5,
  policies: [{ policy: "p", probability, threshold: 0.5, flagged: probability >= 0.5 }],
  tokens: { judged: 1, cached: 0 },
})
const row = (label: Label): DatasetRow => ({ line: 1, content: { prompt: "x" }, label, byPolicy: new Map() })

/** Label, what the guard says, what the probe says. */
const rows: ReadonlyArray<readonly [Label, number, number]> = [
  [1, 0.9, 0.95],
  [1, 0.9, 0.5],
  [1, 0.9, 0.01],
  [1, 0.1, 0.99],
  [0, 0.1, 0.01],
  [0, 0.1, 0.97],
  [0, 0.8, 0.3],
  [0, 0.1, 0.02],
]
const judged = rows.map(([label, guard]) => ({ row: row(label), verdict: verdict(guard), milliseconds: 100 }))
const probed = rows.map(([, , said]) => ({ verdict: verdict(said), milliseconds: 5 }))
const planOf = (release: number, block?: number) => readCascade("cascade", { probes: [probe], release, block })!

test("each stage is counted, and so are its cost and what is lost", () => {
  const found = cascadeOf(judged, probed, planOf(0.1, 0.9))
  expect(found.stages).toStrictEqual({ probe: { asked: 6, medianMs: 5 }, guard: { asked: 2, medianMs: 100 } })
  expect(found.guardAsked.share).toBe(0.25)
  expect(found.cost.share).toBeCloseTo((8 * 5 + 200) / 800, 12)
  // One that the guard finds is released, and one that it does not find is flagged.
  expect(found.recall).toStrictEqual({ guard: 0.75, cascade: 0.75 })
  expect(found.recallLost.share).toBe(0)
  expect(found.newFalsePositives).toBe(1)
  expect(cascadeOf(judged, probed, planOf(0.1)).recallLost.share).toBe(0.25)
})

test("what asks the guard each time loses nothing, and intervals hold what was found", () => {
  const all = cascadeOf(judged, probed, planOf(0))
  expect([all.guardAsked.share, all.recallLost, all.block]).toStrictEqual([1, { share: 0, interval: [0, 0] }, null])
  for (const { interval, share } of [all.cost, cascadeOf(judged, probed, planOf(0.1)).guardAsked]) {
    expect(interval![0]).toBeLessThanOrEqual(share!)
    expect(interval![1]).toBeGreaterThanOrEqual(share!)
  }
})

test("without rows labelled 1 nothing is told of recall", () => {
  const found = cascadeOf(judged.slice(4), probed.slice(4), planOf(0.1))
  expect(found.recallLost).toStrictEqual({ share: null, interval: null })
  expect(cascadeLines(found)).toContain("no row is labelled 1: what a cascade loses cannot be told")
})
