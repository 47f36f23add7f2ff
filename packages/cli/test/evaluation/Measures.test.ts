/** The figures of labelled rows: those of scikit-learn (goldens.py), and the laws that they keep. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { areaUnderRoc, curveOf, type Judged, type OperatingPoint, pointAt } from "@facet/sdk/words"
import { measure } from "../../src/evaluation/Measures.ts"
import { tries } from "../../../../test/campaign.ts"

const figures = ["f1", "threshold", "precision", "recall", "auPrc", "auRoc"] as const

interface Golden extends Readonly<Record<(typeof figures)[number], number>> {
  readonly name: string
  readonly rows: ReadonlyArray<Judged>
  readonly at: OperatingPoint
}
const goldens = JSON.parse(readFileSync(new URL("goldens.json", import.meta.url), "utf8")) as ReadonlyArray<Golden>

describe("measure", () => {
  it.each(goldens)("agrees with scikit-learn on: $name", (golden) => {
    const measures = measure(golden.rows, golden.at.threshold)
    for (const name of figures) assert.closeTo(measures[name] ?? Number.NaN, golden[name], 1e-9, name)
    const found = pointAt(curveOf(golden.rows), golden.at.threshold)
    for (const name of ["threshold", "f1", "precision", "recall"] as const) {
      assert.closeTo(found[name], golden.at[name], 1e-9, `${name} at the threshold`)
    }
    assert.deepStrictEqual(measures.atThreshold, found)
  })

  it("says why there are no figures, instead of NaN", () => {
    const row = { probability: 0.25, label: 0 } as const
    assert.include(measure([row], 0.5), {
      f1: null,
      auPrc: null,
      auRoc: null,
      ece: 0.25,
      flagged: 0,
      untold: "no row is labelled 1",
    })
    const harmful = [{ ...row, label: 1 } as const, { probability: 0.5, label: 1 } as const]
    assert.include(measure(harmful, 0.5), { recall: null, ece: 0.625, flagged: 0.5, untold: "no row is labelled 0" })
    assert.include(measure([], 0.5), { ece: null, flagged: null, count: 0, untold: "no row has a label for it" })
    assert.isFalse(JSON.stringify(measure([], 0.5)).includes("NaN"))
  })

  it("has intervals around its figures, the same each time, and wider ones of fewer rows", () => {
    const many = goldens.find(({ name }) => name === "drawn")?.rows ?? []
    const { auPrc, auRoc, f1, intervals } = measure(many, 0.5)
    for (const [name, value] of Object.entries({ auPrc, auRoc })) {
      const [low, high] = intervals?.[name as "auPrc" | "auRoc"] ?? [1, 0]
      assert.isTrue(low < (value ?? -1) && (value ?? 2) < high, name)
    }
    assert.isBelow(intervals?.f1[0] ?? 2, f1 ?? -1)
    assert.deepStrictEqual(measure(many, 0.5).intervals, intervals)
    const width = ([low, high]: readonly [number, number] = [0, 0]) => high - low
    assert.isAbove(width(measure(many.slice(0, 50), 0.5).intervals?.auRoc), width(intervals?.auRoc))
  })
})

const label = Schema.Literals([0, 1])
const step = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
const rows = Schema.Array(Schema.Struct({ step, label })).check(Schema.isMinLength(1), Schema.isMaxLength(40))

/** Steps of a twentieth, so that there are ties; and a row of either label, so that there are figures. */
const judgedOf = (given: ReadonlyArray<{ readonly step: number; readonly label: 0 | 1 }>): ReadonlyArray<Judged> => [
  { probability: 0.3, label: 0 },
  { probability: 0.6, label: 1 },
  ...given.map(({ label, step }) => ({ probability: step / 20, label })),
]

describe("the figures", () => {
  const settings = { arbitrary: { runs: tries(50) } }

  it.prop(
    "do not depend on the order of the rows",
    { rows },
    ({ rows }) => {
      const judged = judgedOf(rows)
      const { intervals: _one, ece, ...whole } = measure(judged, 0.5)
      const { intervals: _other, ece: eceTurned, ...turned } = measure(judged.toReversed(), 0.5)
      assert.deepStrictEqual(turned, whole)
      assert.closeTo(eceTurned ?? 2, ece ?? 3, 1e-12)
    },
    { arbitrary: { runs: tries(10) } },
  )

  it.prop(
    "of a ranking do not change with what keeps the ranking",
    { rows },
    ({ rows }) => {
      const judged = judgedOf(rows)
      const squeezed = judged.map((row) => ({ ...row, probability: row.probability ** 3 / 2 }))
      const counts = (of: ReadonlyArray<Judged>) =>
        curveOf(of).points.map(({ falsePositives, truePositives }) => [truePositives, falsePositives])
      assert.deepStrictEqual(counts(squeezed), counts(judged))
      assert.strictEqual(areaUnderRoc(curveOf(squeezed)), areaUnderRoc(curveOf(judged)))
    },
    settings,
  )

  it.prop(
    "AUROC of the opposite labels is the rest to 1",
    { rows },
    ({ rows }) => {
      const judged = judgedOf(rows)
      const opposite = judged.map(({ label, probability }) => ({ probability, label: label === 1 ? 0 : 1 }) as const)
      assert.closeTo(areaUnderRoc(curveOf(judged)) + areaUnderRoc(curveOf(opposite)), 1, 1e-12)
    },
    settings,
  )

  it.prop(
    "no threshold has a higher F1 than the best",
    { rows, step },
    ({ rows, step }) => {
      const judged = judgedOf(rows)
      const { f1, threshold } = measure(judged, 0.5)
      assert.isAtMost(pointAt(curveOf(judged), step / 20).f1, f1 ?? -1)
      assert.strictEqual(pointAt(curveOf(judged), threshold ?? -1).f1, f1)
    },
    { arbitrary: { runs: tries(10) } },
  )
})
