import { assert, describe, it } from "@effect/vitest"
import type { Questions } from "../../src/words/Question.ts"
import { withCalibration } from "../../src/words/withCalibration.ts"

const animal = { type: "choice", instructions: "Which?", criteria: ["dog", "fox"] } as const
const danger = { type: "boolean", policy: "dangerous_content" } as const
const temperature = { calibration: { temperature: 2 } }

function optionOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return Object(error).option
  }
  throw new Error("it did not throw")
}

describe("questions with a calibration", () => {
  it("have the calibration of their names, and its threshold where they have none", () => {
    const kept = { ...danger, calibration: { slope: 2, offset: -1 }, threshold: 0.8 }
    const calibration = { questions: { danger: kept, more: { ...animal, ...temperature } } }
    assert.deepStrictEqual(withCalibration({ danger }, calibration), { danger: kept })
    const own = { danger: { ...danger, threshold: 0.3 } }
    assert.deepStrictEqual(withCalibration(own, calibration).danger, { ...kept, threshold: 0.3 })
  })

  it("are the same in whatever order the options and the fields stand", () => {
    const { criteria, instructions, type } = animal
    const turned = { criteria: criteria.toReversed(), type, instructions }
    assert.deepStrictEqual(
      withCalibration({ animal: turned }, { questions: { animal: { ...animal, ...temperature } } }),
      {
        animal: { ...turned, ...temperature },
      },
    )
  })

  it("are as they were without one", () => {
    assert.deepStrictEqual(withCalibration({ animal }, undefined), { animal })
  })

  it.each<readonly [option: string, questions: Questions, calibrated: Questions]>([
    ["calibration.questions.animal", { animal }, {}],
    ["calibration.questions.animal", { animal }, { animal }],
    ["calibration.questions.animal", { animal }, { animal: { ...animal, ...temperature, instructions: "Who?" } }],
    ["calibration.questions.animal", { animal }, { animal: { ...animal, ...temperature, criteria: ["dog", "cat"] } }],
    ["calibration.questions.toString", { toString: danger } as unknown as Questions, {}],
  ])("are refused at %s where they were others", (option, questions, calibrated) => {
    assert.strictEqual(
      optionOf(() => withCalibration(questions, { questions: calibrated })),
      option,
    )
  })

  it.each([null, 7, [], { questions: null }])("are refused where %j is no calibration", (calibration) => {
    assert.strictEqual(
      optionOf(() => withCalibration({ danger }, calibration as never)),
      "calibration",
    )
  })
})
