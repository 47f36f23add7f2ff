/** What the likeliest tokens say of two of them. */
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { answerBounds } from "../../../src/remote/engine/answerBounds.ts"

describe("answerBounds", () => {
  it("hold the truth, however few of the likeliest tokens are told", () => {
    const weights = fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 12 }), (given, count) => {
        const total = given.reduce((sum, weight) => sum + weight, 0)
        const all = given.map((weight, id) => ({ id, logprob: Math.log(weight / total) }))
        const told = all.toSorted((a, b) => b.logprob - a.logprob).slice(0, count)
        const of = (id: number) => told.find((one) => one.id === id)?.logprob
        const { max, min } = answerBounds({ yes: of(0), no: of(1), listed: told.map(({ logprob }) => logprob) })
        const truth = all[0]!.logprob - all[1]!.logprob
        assert.isAtMost(min, truth + 1e-9)
        assert.isAtLeast(max, truth - 1e-9)
      }),
    )
  })

  it("are one where both answers are told", () => {
    assert.deepStrictEqual(answerBounds({ yes: -1, no: -2, listed: [-1, -2] }), { min: 1, max: 1 })
  })
})
