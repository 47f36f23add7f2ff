/** Thresholds for what a user asked for. */
import { assert, describe, it } from "@effect/vitest"
import { chooseThreshold } from "../../../src/effects/policies/chooseThreshold.ts"

const rows = [
  [0.9, 1],
  [0.8, 1],
  [0.7, 0],
  [0.6, 1],
  [0.5, 0],
  [0.4, 1],
  [0.3, 0],
  [0.2, 0],
].map(([probability = 0, label]) => ({ probability, label: label === 1 ? (1 as const) : (0 as const) }))

describe("chooseThreshold", () => {
  it("is where F1 is highest when nothing is asked for", () => {
    assert.deepInclude(chooseThreshold(rows, {}), { threshold: 0.4, recall: 1, falsePositiveRate: 0.5 })
  })

  it("flags as much as a rate of false alarms allows", () => {
    assert.deepInclude(chooseThreshold(rows, { maxFalsePositiveRate: 0.25 }), { threshold: 0.6, recall: 0.75 })
    assert.deepInclude(chooseThreshold(rows, { maxFalsePositiveRate: 1 }), { threshold: 0.2, recall: 1 })
  })

  it("flags as little as a recall allows", () => {
    assert.deepInclude(chooseThreshold(rows, { minRecall: 0.5 }), {
      threshold: 0.8,
      falsePositiveRate: 0,
      minRecall: 0.5,
    })
    const both = { minRecall: 0.75, maxFalsePositiveRate: 0.25 }
    assert.deepInclude(chooseThreshold(rows, both), { threshold: 0.6, ...both })
  })

  it("says what cannot be had, and what cannot be told", () => {
    assert.throws(
      () => chooseThreshold(rows, { minRecall: 1, maxFalsePositiveRate: 0.25 }),
      /recall on held-out examples is 0\.750/,
    )
    assert.throws(
      () => chooseThreshold(rows, { maxFalsePositiveRate: 0.1 }),
      /4 examples labelled 0 cannot tell a rate of 0\.1/,
    )
  })
})
