/**
 * Logistic regression beside scikit-learn's: `StandardScaler` and `LogisticRegression(C=c, tol=1e-10)` on the rows of
 * `logisticRegression.json`, the weights brought back to the columns as they are.
 */
import { assert, describe, it } from "@effect/vitest"
import { logisticRegression, scoreOf } from "../../../src/effects/policies/logisticRegression.ts"
import { whole } from "../../../src/words/Sliced.ts"
import golden from "./logisticRegression.json" with { type: "json" }

const rows = golden.rows.map((row) => Float32Array.from(row))
const labels = golden.labels.map((label) => (label === 1 ? 1 : 0))

describe("logisticRegression", () => {
  it.each(golden.fits)("finds scikit-learn's weights for C = $c", ({ bias, c, weights }) => {
    const found = whole(logisticRegression({ rows, labels }, c))
    for (const row of rows) {
      const expected = weights.reduce((sum, weight, i) => sum + weight * row[i]!, bias)
      assert.closeTo(scoreOf(found, row), expected, 1e-3)
    }
  })

  it("gives a column that does not vary no weight", () => {
    const constant = rows.map(([first = 0]) => Float32Array.of(first, 7))
    const { weights } = whole(logisticRegression({ rows: constant, labels }, 1))
    assert.closeTo(weights[1] ?? NaN, 0, 1e-12)
    assert.isAbove(Math.abs(weights[0] ?? 0), 0.1)
  })
})
