/** What the likeliest tokens say of two of them. */
import { assert, describe, it } from "vitest"
import { answerBounds } from "../../../../src/remote/engine/judging/answerBounds.ts"
import { seededUniform } from "../../../uniform.ts"

describe("answerBounds", () => {
  it("hold the truth, however few of the likeliest tokens are told", () => {
    const next = seededUniform(20)
    for (let round = 0; round < 500; round++) {
      // Cubed, so that some are much likelier than others.
      const weights = Array.from({ length: 4 + Math.floor(next() * 9) }, () => next() ** 3 + 1e-6)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const all = weights.map((weight, id) => ({ id, logprob: Math.log(weight / total) }))
      const told = all.toSorted((a, b) => b.logprob - a.logprob).slice(0, 1 + Math.floor(next() * 12))
      const of = (id: number) => told.find((one) => one.id === id)?.logprob
      const { max, min } = answerBounds({ yes: of(0), no: of(1), listed: told.map(({ logprob }) => logprob) })
      const truth = all[0]!.logprob - all[1]!.logprob
      assert.isAtMost(min, truth + 1e-9)
      assert.isAtLeast(max, truth - 1e-9)
    }
  })

  it("are one where both answers are told", () => {
    assert.deepStrictEqual(answerBounds({ yes: -1, no: -2, listed: [-1, -2] }), { min: 1, max: 1 })
  })
})
