import { assert, describe, it } from "@effect/vitest"
import { calibratedWhereKnown } from "../../src/words/calibratedWhereKnown.ts"
import type { Questions } from "../../src/words/Question.ts"

const animal = { type: "choice", instructions: "Which?", criteria: ["dog", "fox"] } as const
const forest = { type: "boolean", instructions: "Is there a forest?" } as const
const calibration = { temperature: 2 }
const known = {
  animal: { ...animal, calibration },
  forest: { ...forest, calibration: { slope: 2, offset: -1 }, threshold: 0.8 },
} satisfies Questions

describe("questions of anybody", () => {
  const calibrated = calibratedWhereKnown({ questions: known })

  it("have the calibration of what they ask, under whatever name", () => {
    const criteria = { fox: null, dog: null }
    assert.deepStrictEqual(calibrated({ 0: { ...animal, criteria }, 1: forest }), {
      0: { ...animal, criteria, calibration },
      1: known.forest,
    })
  })

  it("stay as they are where they ask something else, or have a calibration of their own", () => {
    const own = {
      a: { ...animal, instructions: "Which animal?" },
      b: { ...animal, criteria: { fox: "A wild animal.", dog: null } },
      c: { ...animal, calibration: { temperature: 1 } },
      d: { ...forest, threshold: 0.1, calibration: { slope: 1, offset: 0 } },
    }
    assert.deepStrictEqual(calibrated(own), own)
  })

  const wrong: ReadonlyArray<readonly [calibration: unknown, option: string]> = [
    [undefined, "calibration"],
    [{ questions: [] }, "calibration"],
    [{ questions: { forest } }, "calibration.questions.forest"],
    [{ questions: { forest: { ...forest, calibration: { slope: NaN, offset: 0 } } } }, "calibration.questions.forest"],
    [{ questions: { animal: { ...animal, criteria: ["dog"], calibration } } }, "calibration.questions.animal"],
  ]
  it.each(wrong)("are asked by no calibration that is wrong: %j", (given, option) => {
    let error: unknown
    try {
      calibratedWhereKnown(given as Parameters<typeof calibratedWhereKnown>[0])
    } catch (thrown) {
      error = thrown
    }
    const path: unknown = Object(error).option
    assert.isTrue(typeof path === "string" && path.startsWith(option), String(path))
  })
})
