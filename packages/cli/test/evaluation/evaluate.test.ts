/** What is compared with which label. */
import type { Verdict } from "@facet/sdk/words"
import { expect, test } from "vitest"
import { evaluate } from "../../src/evaluation/evaluate.ts"
import type { DatasetRow, Label } from "../../src/evaluation/readDataset.ts"

const row = (prompt: string, label: Label, byPolicy: Readonly<Record<string, Label>> = {}): DatasetRow => ({
  line: 1,
  content: { prompt },
  label,
  byPolicy: new Map(Object.entries(byPolicy)),
})

const verdict = (probabilities: Readonly<Record<string, number>>): Verdict => ({
  flagged: false,
  policies: Object.entries(probabilities).map(([policy, probability]) => ({
    policy,
    probability,
    threshold: 0.5,
    flagged: probability >= 0.5,
  })),
  tokens: { judged: 1, cached: 0 },
})

const guard: Readonly<Record<string, Verdict>> = {
  a: verdict({ harassment: 0.9, hate_speech: 0.1 }),
  b: verdict({ harassment: 0.2, hate_speech: 0.3 }),
  c: verdict({ harassment: 0.6, hate_speech: 0.7 }),
}
const judge = async ({ prompt }: { readonly prompt: string }): Promise<Verdict> => guard[prompt] ?? verdict({})

test("overall the worst policy counts; a policy has the rows whose label names it", async () => {
  const told: Array<number> = []
  const rows = [row("a", 1, { harassment: 1 }), row("b", 0, { harassment: 0, hate_speech: 0 }), row("c", 0)]
  const { latency, overall, policies, rows: judged } = await evaluate(rows, judge, (done) => told.push(done))
  expect(judged).toStrictEqual([
    { probability: 0.9, label: 1 },
    { probability: 0.3, label: 0 },
    { probability: 0.7, label: 0 },
  ])
  expect(overall).toMatchObject({ f1: 1, threshold: 0.9, auRoc: 1, count: 3, positives: 1 })
  expect(overall.atThreshold).toMatchObject({ threshold: 0.5, precision: 0.5, recall: 1 })
  expect(policies).toMatchObject({
    harassment: { count: 2, f1: 1, threshold: 0.9 },
    hate_speech: { count: 1, f1: null, untold: "no row is labelled 1" },
  })
  expect(told).toStrictEqual([1, 2, 3])
  expect(latency.medianMs).toBeLessThanOrEqual(latency.p95Ms)
  expect(latency.p95Ms).toBeLessThanOrEqual(latency.totalMs)
})

test("a plain label tells of a policy where it is the only one", async () => {
  const alone = async () => verdict({ harassment: 0.9 })
  const { policies } = await evaluate([row("a", 1), row("b", 0, { hate_speech: 0 })], alone, () => undefined)
  expect(policies).toMatchObject({ harassment: { count: 1, positives: 1 } })
  const both = await evaluate([row("a", 1), row("b", 0)], judge, () => undefined)
  expect(both.policies).toMatchObject({ harassment: { count: 0, untold: "no row has a label for it" } })
})
