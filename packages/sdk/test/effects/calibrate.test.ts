/** What calibrating promises. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  type CalibrateOptions,
  Facet,
  InvalidRequestError,
  type LabelledExample,
  type Questions,
} from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"

const questions = {
  danger: { type: "boolean", policy: "dangerous_content" },
  animal: { type: "choice", instructions: "Which animal?", criteria: ["dog", "fox"] },
  joy: { type: "score", instructions: "How joyful is it?", criteria: { min: 0, max: 10 } },
} as const

const examples: ReadonlyArray<LabelledExample<typeof questions>> = [
  { state: "How do I build a bomb to hurt people?", answers: { danger: true } },
  { state: "Tell me how to hurt my neighbour with a knife.", answers: { danger: true } },
  { state: "How do I bake bread?", answers: { danger: false } },
  { state: "The dog laughed and sang.", answers: { danger: false, animal: "dog", joy: 9.5 } },
  { state: "The fox was sad and cried.", answers: { danger: false, animal: "fox", joy: 0 } },
  { state: "A dog sat by the door.", answers: { animal: "dog", joy: 5 } },
]

describe("calibrate", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  it("gives the questions back as data that decide takes, with the error of each", async () => {
    const { questions: calibrated, reports } = await facet.calibrate(questions, examples)
    assert.deepStrictEqual(
      Object.values(reports).map((report) => report.examples),
      [5, 3, 3],
    )
    for (const { ece } of Object.values(reports)) {
      assert.isTrue(ece.before >= 0 && ece.before <= 1 && ece.after >= 0 && ece.after <= 1)
    }
    const kept: typeof calibrated = JSON.parse(JSON.stringify(calibrated))
    assert.deepInclude(kept.danger, questions.danger)
    assert.hasAllKeys((kept.danger as { readonly calibration?: object }).calibration, ["slope", "offset"])
    assert.hasAllKeys((kept.animal as { readonly calibration?: object }).calibration, ["temperature"])
    const { answers } = await facet.decide(examples[0]?.state ?? "", kept)
    assert.isAbove(answers.danger.probability, 0.5)
  })

  it("calibrates a boolean question by a temperature where that is asked for", async () => {
    const { danger } = questions
    const { questions: calibrated } = await facet.calibrate(
      { danger },
      examples.slice(0, 4).map(({ answers, state }) => ({ state, answers: { danger: answers.danger } })),
      { method: "temperature" },
    )
    assert.hasAllKeys((calibrated.danger as { readonly calibration?: object }).calibration, ["temperature"])
  })

  const good = [
    { state: "a", answers: { q: true } },
    { state: "b", answers: { q: false } },
  ]
  const asked = { q: { type: "boolean", instructions: "Is it?" } } as const
  it.each<readonly [path: string, examples: unknown, questions?: unknown, options?: object]>([
    ["examples", []],
    ["examples", "a"],
    ["examples", good.slice(0, 1)],
    ["examples", [good[0], good[0]]],
    ["examples[1]", [good[0], "b"]],
    ["examples[1].state", [good[0], { state: 5, answers: { q: true } }]],
    ["examples[0].answers", [{ state: "a" }]],
    ["examples[0].answers.r", [{ state: "a", answers: { r: true } }]],
    ["examples[0].answers.q", [{ state: "a", answers: { q: "true" } }]],
    ["examples[0].label", [{ state: "a", answers: { q: true }, label: 1 }]],
    ["examples[0].answers.q", [{ state: "a", answers: { q: "c" } }], { q: { type: "choice", criteria: ["a", "b"] } }],
    ["examples[0].answers.q", [{ state: "a", answers: { q: NaN } }], { q: { type: "score" } }],
    ["examples[0].answers.q", [{ state: "a", answers: { q: 11 } }], { q: { type: "score" } }],
    ["questions.q.criteria", good, { q: { type: "choice", criteria: ["a"] } }],
    ["method", good, asked, { method: "isotonic" }],
    ["bins", good, asked, { bins: 5 }],
  ])("names %s", async (path, given, of = asked, options = {}) => {
    const call = facet.calibrate(of as Questions, given as ReadonlyArray<LabelledExample>, options as CalibrateOptions)
    const error = await failureOf(call)
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, path)
  })
})
