import { assert, describe, it } from "@effect/vitest"
import { calibrationError } from "../../src/words/calibrationError.ts"

describe("calibrationError", () => {
  it("is nothing where frequencies are as was said, and all where they are the opposite", () => {
    const right = [0, 0, 1, 1].map((outcome) => ({ probability: outcome, outcome }))
    assert.strictEqual(calibrationError(right), 0)
    assert.strictEqual(
      calibrationError(right.map(({ outcome, probability }) => ({ probability, outcome: 1 - outcome }))),
      1,
    )
    const half = [0, 1].map((outcome) => ({ probability: 0.55, outcome }))
    assert.closeTo(calibrationError(half), 0.05, 1e-12)
  })
})
