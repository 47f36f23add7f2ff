import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { calibratedReader, calibratedToJson } from "../../src/remote/CalibrationDocument.ts"
import type { Calibrated } from "../../src/words/Calibration.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Calibration, Report } from "./values.ts"

const Each = Schema.Record(Schema.String, Schema.Struct({ calibration: Calibration, report: Report }))

const question = { type: "boolean", instructions: "Is it?" } as const

function calibratedOf(each: typeof Each.Type): { readonly asked: Calibrated["questions"]; readonly told: Calibrated } {
  const mapped = <A>(of: (one: (typeof Each.Type)[string]) => A) =>
    Object.fromEntries(Object.entries(each).map(([name, one]) => [name, of(one)]))
  const questions = mapped(({ calibration }) => ({ ...question, calibration }))
  return { asked: mapped(() => question), told: { questions, reports: mapped(({ report }) => report) } }
}

describe("what examples say of questions", () => {
  it.prop("comes back with the questions that were asked", { each: Each }, ({ each }) => {
    const { asked, told } = calibratedOf(each)
    assertSame(calibratedReader(asked)(sent(calibratedToJson(told)), ""), told)
  })

  it.prop("with nonsense in any place is refused, or can be used", { each: Each }, ({ each }) => {
    const { asked, told } = calibratedOf(each)
    checkNonsense(sent(calibratedToJson(told)), calibratedReader(asked), ({ questions, reports }) => {
      for (const name of Object.keys(asked)) {
        assert.isObject(questions[name]?.calibration)
        assert.isString(reports[name]?.ece.after.toFixed(2))
      }
    })
  })
})
