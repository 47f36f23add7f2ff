/** Probabilities out of a guard's answer. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { tries } from "../../../../test/campaign.ts"
import { logitOf, policyProbability, sigmoid } from "../../src/words/policyProbability.ts"

const between = (minimum: number, maximum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
const runs = { arbitrary: { runs: tries(200) } }

describe("policyProbability", () => {
  it.prop(
    "is the softmax over the two answers where nothing is said",
    { logit: between(-40, 40) },
    ({ logit }) => {
      assert.strictEqual(policyProbability(logit), sigmoid(logit))
      assert.strictEqual(policyProbability(logit, { alpha: 0, temperature: 1 }), sigmoid(logit))
    },
    runs,
  )

  it.prop(
    "is the paper's equation with its two numbers",
    { logit: between(-20, 20), alpha: between(0, 10), temperature: between(0.1, 10) },
    ({ alpha, logit, temperature }) => {
      const power = (z: number) => Math.exp(Math.log(sigmoid(z)) / temperature)
      const expected = (power(logit) + alpha) / (power(logit) + power(-logit) + 2 * alpha)
      assert.closeTo(policyProbability(logit, { alpha, temperature }), expected, 1e-9)
    },
    runs,
  )

  it.prop(
    "never turns the order of two texts",
    {
      a: between(-40, 40),
      b: between(-40, 40),
      calibration: Schema.Union([
        Schema.Struct({ alpha: between(0, 5), temperature: between(0.1, 9) }),
        Schema.Struct({ slope: between(0.01, 9), offset: between(-40, 40) }),
      ]),
    },
    ({ a, b, calibration }) => {
      const low = policyProbability(Math.min(a, b), calibration)
      const high = policyProbability(Math.max(a, b), calibration)
      // But for the last bit of rounding.
      assert.isAtMost(low, high + 1e-15)
      assert.isTrue(low >= 0 && high <= 1)
    },
    runs,
  )
})

describe("logitOf", () => {
  it.prop(
    "is what the probability came of",
    { logit: between(-30, 30) },
    ({ logit }) => assert.closeTo(logitOf(sigmoid(logit)), logit, 0.01),
    runs,
  )

  it("stays within bounds where a probability is 0 or 1", () => {
    assert.deepEqual([logitOf(0), logitOf(1)], [-36, 36])
  })
})
