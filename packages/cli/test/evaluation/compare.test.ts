/** Two guards on the same rows, thresholds, and how scores drift: against scipy's and scikit-learn's own. */
import { type Judged } from "@facet/sdk/words"
import { describe, expect, test } from "vitest"
import { chooseThresholds } from "../../src/evaluation/chooseThresholds.ts"
import { compare, type Decided, signTest } from "../../src/evaluation/compare.ts"
import { driftOf } from "../../src/evaluation/monitoring/driftOf.ts"

/** Scores of a guard that is right by so much, on rows of which every third is to be flagged. */
const guardOf = (strength: number, count = 120): ReadonlyArray<Decided> =>
  Array.from({ length: count }, (_, i) => {
    const label = i % 3 === 0 ? 1 : 0
    const probability = (((i * 7919) % 101) / 101) * (1 - strength) + label * strength
    return { label, probability, flagged: probability >= 0.5 }
  })

describe("a comparison", () => {
  test("of a guard with itself is none", () => {
    const one = guardOf(0.3)
    const { figures, mcNemar } = compare(one, one)
    expect(mcNemar).toStrictEqual({ onlyFirstRight: 0, onlySecondRight: 0, pValue: 1 })
    for (const figure of Object.values(figures ?? {})) {
      expect(figure).toStrictEqual({ difference: 0, interval: [0, 0], pValue: 1 })
    }
  })

  test("turns its signs with its sides, and finds the better guard", () => {
    const [weak, strong] = [guardOf(0.1), guardOf(0.6)]
    const [there, back] = [compare(weak, strong), compare(strong, weak)]
    const auRoc = there.figures!.auRoc
    expect(auRoc.difference).toBeGreaterThan(0.1)
    expect(auRoc.pValue).toBeLessThan(0.01)
    expect(auRoc.interval[0]).toBeGreaterThan(0)
    expect(back.figures!.auRoc.difference).toBeCloseTo(-auRoc.difference, 12)
    expect(back.mcNemar.onlyFirstRight).toBe(there.mcNemar.onlySecondRight)
  })

  test("knows no figures where all rows have one label, and counts decisions all the same", () => {
    const harmful = guardOf(0.3).filter(({ label }) => label === 1)
    const blind = harmful.map((row) => ({ ...row, flagged: false }))
    const { figures, mcNemar } = compare(blind, harmful)
    expect(figures).toBeNull()
    expect(mcNemar.onlySecondRight).toBe(harmful.filter(({ flagged }) => flagged).length)
  })

  test.each([
    // scipy.stats.binomtest(min(a, b), a + b).pvalue
    [0, 0, 1],
    [3, 3, 1],
    [1, 9, 0.021484375],
    [12, 30, 0.007915897334896727],
    [400, 500, 0.0009564441369189373],
  ])("splits %i to %i with the probability of scipy's", (a, b, pValue) => {
    expect(signTest(a, b)).toBeCloseTo(pValue, 10)
    expect(signTest(b, a)).toBeCloseTo(pValue, 10)
  })
})

describe("thresholds", () => {
  const rows: ReadonlyArray<Judged> = [
    { probability: 0.9, label: 1 },
    { probability: 0.8, label: 0 },
    { probability: 0.7, label: 1 },
    { probability: 0.4, label: 1 },
    { probability: 0.2, label: 0 },
    { probability: 0.1, label: 0 },
  ]
  const told = { guard: "tiny", dataset: "rows.jsonl" }
  const choose = (goal = {}, byPolicy = new Map([["harassment", rows]])) =>
    chooseThresholds(byPolicy, rows, goal, told).file.thresholds

  test("are those with the highest F1 among what reaches the goal", () => {
    expect(choose()).toStrictEqual({ harassment: 0.4 })
    expect(choose({ maxFalsePositiveRate: 0 })).toStrictEqual({ harassment: 0.9 })
    expect(choose({ minRecall: 0.5, maxFalsePositiveRate: 0.4 })).toStrictEqual({ harassment: 0.4 })
    expect(() => choose({ minRecall: 0.6, maxFalsePositiveRate: 0 })).toThrow("no threshold of harassment reaches")
  })

  test("flag nothing where anything would be too much", () => {
    const bad: ReadonlyArray<Judged> = [
      { probability: 0.9, label: 0 },
      { probability: 0.2, label: 1 },
    ]
    expect(choose({ maxFalsePositiveRate: 0 }, new Map([["harassment", bad]]))).toStrictEqual({ harassment: 1 })
  })

  test("of policies that no rows tell of are left alone; of plain labels all have that of the worst", () => {
    const chosen = chooseThresholds(
      new Map([
        ["harassment", rows],
        ["hate_speech", []],
      ]),
      rows,
      {},
      told,
    )
    expect(chosen.file.thresholds).toStrictEqual({ harassment: 0.4 })
    expect(chosen.untold).toStrictEqual(["hate_speech"])
    expect(
      choose(
        {},
        new Map([
          ["harassment", []],
          ["hate_speech", []],
        ]),
      ),
    ).toStrictEqual({ harassment: 0.4, hate_speech: 0.4 })
  })

  test("cannot be told of rows with one label", () => {
    const harmful = rows.filter(({ label }) => label === 1)
    expect(() => chooseThresholds(new Map([["harassment", harmful]]), harmful, {}, told)).toThrow(
      "all rows have one label",
    )
  })
})

describe("drift", () => {
  const uniform = Array.from({ length: 200 }, (_, i) => (i + 0.5) / 200)
  const scores = (probabilities: ReadonlyArray<number>) => ({
    probabilities,
    flagged: probabilities.filter((one) => one >= 0.5).length,
  })

  test("is none from what is the same", () => {
    const { distance, flagRate, pValue, stabilityIndex } = driftOf(scores(uniform), scores(uniform))
    expect([stabilityIndex, distance, pValue, flagRate.difference]).toStrictEqual([0, 0, 1, 0])
  })

  test("has the distance of scipy's ks_2samp, and nearly its probability", () => {
    const moved = uniform.map((one) => one ** 2)
    // scipy.stats.ks_2samp(uniform, moved, method="asymp"): statistic 0.25, pvalue 5.4e-6
    const { distance, flagRate, pValue, stabilityIndex } = driftOf(scores(moved), scores(uniform))
    expect(distance).toBeCloseTo(0.25, 10)
    expect(pValue).toBeLessThan(1e-4)
    expect(pValue).toBeGreaterThan(1e-7)
    expect(stabilityIndex).toBeGreaterThan(0.1)
    expect(flagRate.difference).toBeCloseTo(-0.205, 2)
    expect(flagRate.interval[1]).toBeLessThan(0)
  })

  test("stays finite where a bin is empty, and where there is one score", () => {
    const { pValue, stabilityIndex } = driftOf(scores([0.99]), scores(uniform))
    expect(Number.isFinite(stabilityIndex)).toBe(true)
    expect(pValue).toBeGreaterThan(0)
  })
})
