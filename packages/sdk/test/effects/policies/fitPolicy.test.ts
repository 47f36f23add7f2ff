/** Which way is kept, and what it is told to be worth, on numbers whose answer is known. */
import { assert, describe, it } from "@effect/vitest"
import { fitPolicy, type Measured } from "../../../src/effects/policies/fitPolicy.ts"
import { whole } from "../../../src/words/Sliced.ts"
import { seededUniform } from "../../uniform.ts"

const count = 80
const labels = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : 0))
const noise = (seed: number) => {
  const uniform = seededUniform(seed)
  return Array.from({ length: count }, () => uniform() - 0.5)
}
/** Layer 0 knows nothing, layer 1 nearly all. */
const activations = (strength: number): NonNullable<Measured["activations"]> => {
  const columns = [noise(1), noise(2), noise(3), noise(4)]
  return {
    layers: [0, 1],
    at: (i, layer) => {
      const told = layer === 1 ? labels[i]! * strength : 0
      return Float32Array.from(columns, (column, c) => column[(i + layer) % count]! + (c === 0 ? told : 0))
    },
  }
}
const guideline = (strength: number) => noise(5).map((value, i) => value + labels[i]! * strength)

describe("fitPolicy", () => {
  it("reads the layer that tells the labels apart", () => {
    const fitted = whole(fitPolicy({ labels, guideline: undefined, activations: activations(1.2) }))
    assert.strictEqual(fitted.method, "probe")
    assert.strictEqual(fitted.probe?.layer, 1)
    assert.strictEqual(fitted.probe?.model.weights.length, 4)
    assert.isAbove(fitted.candidates[0]?.auPrc ?? 0, 0.95)
    assert.deepEqual(
      fitted.learningCurve.map(({ examples }) => examples),
      [20, 50],
    )
  })

  it("keeps the guideline where the activations know nothing, and both where each knows a part", () => {
    const methodOf = (given: number, probed: number) =>
      whole(fitPolicy({ labels, guideline: guideline(given), activations: activations(probed) })).method
    assert.strictEqual(methodOf(1.2, 0), "guideline")
    assert.strictEqual(methodOf(0.7, 0.7), "both")
  })

  it("calibrates: probabilities of held-out examples are near their frequencies", () => {
    const { calibration, ece, heldOut } = whole(
      fitPolicy({ labels, guideline: guideline(0.6).map((logit) => 20 * logit), activations: undefined }),
    )
    assert.isAbove(calibration?.slope ?? 0, 0)
    assert.isBelow(calibration?.slope ?? 1, 0.5)
    assert.isBelow(ece, 0.2)
    assert.strictEqual(heldOut.length, count)
  })

  it("promises nothing where there is nothing to learn", () => {
    const same: Measured["activations"] = { layers: [0], at: () => Float32Array.of(1, 1) }
    const [candidate] = whole(fitPolicy({ labels, guideline: undefined, activations: same })).candidates
    assert.isAtMost(candidate?.auRoc ?? 1, 0.5)
  })
})
