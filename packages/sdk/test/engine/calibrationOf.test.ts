/** What calibration finds in examples whose truth is known. */
import { assert, describe, it } from "@effect/vitest"
import { calibrationOf, type LabelledLogits } from "../../src/engine/calibrationOf.ts"
import { probabilitiesOf } from "../../src/engine/answerOf.ts"
import type { Question } from "../../src/index.ts"
import { readQuestions } from "../../src/words/readQuestions.ts"
import { seededUniform } from "../uniform.ts"

const read = (question: Question) => {
  const [one] = readQuestions({ q: question })
  assert.isDefined(one)
  return one
}
const isIt = read({ type: "boolean", instructions: "Is it?" })
const which = read({ type: "choice", criteria: ["a", "b", "c"] })

/** Logits of a model, each labelled by chance with the probabilities that they have once they are calibrated. */
function drawn(
  count: number,
  options: number,
  calibration: Parameters<typeof probabilitiesOf>[1],
): ReadonlyArray<LabelledLogits> {
  const uniform = seededUniform(7)
  return Array.from({ length: count }, () => {
    const logits = Array.from({ length: options }, () => 6 * (uniform() - 0.5))
    let rest = uniform()
    const right = probabilitiesOf(logits, calibration).findIndex((probability) => (rest -= probability) < 0)
    return { logits, label: logits.map((_, i) => (i === right ? 1 : 0)) }
  })
}

describe("calibrationOf", () => {
  it("finds Platt's two numbers", () => {
    const examples = drawn(4000, 2, { slope: 0.5, offset: -1 })
    const { calibration, report } = calibrationOf(isIt, examples, "platt")
    assert.isTrue("slope" in calibration)
    if (!("slope" in calibration)) return
    assert.closeTo(calibration.slope, 0.5, 0.05)
    assert.closeTo(calibration.offset, -1, 0.1)
    assert.strictEqual(report.examples, 4000)
    assert.isAbove(report.ece.before, 0.1)
    assert.isBelow(report.ece.after, 0.03)
  })

  it.each([
    ["platt", { slope: -1, offset: 0 }],
    ["temperature", { temperature: 2.5 }],
  ] as const)("finds by %s what the other cannot, or what it can", (method, truth) => {
    const { report } = calibrationOf(isIt, drawn(2000, 2, truth), method)
    assert.isBelow(report.ece.after, 0.05)
    assert.isBelow(report.ece.after, report.ece.before)
  })

  it("finds the temperature of a choice", () => {
    const { calibration, report } = calibrationOf(which, drawn(1500, 3, { temperature: 2 }), "platt")
    assert.isTrue("temperature" in calibration)
    if (!("temperature" in calibration)) return
    assert.closeTo(calibration.temperature, 2, 0.25)
    assert.isBelow(report.ece.after, 0.05)
    assert.isAbove(report.ece.before, 0.1)
  })

  it.each(["platt", "temperature"] as const)(
    "stays finite by %s where examples fall apart without an error",
    (method) => {
      const examples = [-3, -2, 2, 3, Infinity].map((logit) => ({
        logits: [logit === Infinity ? 0 : logit, logit === Infinity ? -Infinity : 0],
        label: logit > 0 ? [1, 0] : [0, 1],
      }))
      const { calibration, report } = calibrationOf(isIt, examples, method)
      for (const value of [...Object.values(calibration), report.ece.before, report.ece.after]) {
        assert.isTrue(Number.isFinite(value))
      }
      const [sure = 0] = probabilitiesOf([3, 0], calibration)
      assert.isAbove(sure, 0.5)
    },
  )

  it("stays finite where a model says the same of everything", () => {
    const examples = [1, 0, 1, 0].map((side) => ({ logits: [2, 0], label: [side, 1 - side] }))
    const { calibration } = calibrationOf(isIt, examples, "platt")
    const [probability = 0] = probabilitiesOf([2, 0], calibration)
    assert.closeTo(probability, 0.5, 1e-6)
  })
})
