/** What a question must be, and how it is told that it is not. */
import { assert, describe, it } from "@effect/vitest"
import { definePolicy, InvalidRequestError, policies, type Questions } from "../../src/index.ts"
import { readQuestions } from "../../src/words/readQuestions.ts"

/** Questions as they come from JSON, or from people without types. */
const read = (questions: unknown) => readQuestions(questions as Questions)

function refusalOf(questions: unknown): InvalidRequestError {
  try {
    read(questions)
  } catch (error) {
    assert.instanceOf(error, InvalidRequestError)
    return error
  }
  return assert.fail(`${JSON.stringify(questions)} was taken`)
}

const choice = (criteria: unknown, more: object = {}) => ({ q: { type: "choice", criteria, ...more } })
const score = (criteria: unknown, more: object = {}) => ({ q: { type: "score", criteria, ...more } })
const boolean = (more: object) => ({ q: { type: "boolean", instructions: "Is it?", ...more } })
const many = (count: number) => Array.from({ length: count }, (_, i) => `option ${i}`)
const own = definePolicy({ id: "spam", promptGuideline: "No.", responseGuideline: "No." })

describe("readQuestions", () => {
  it("gives a boolean question two sides, in the order true, false", () => {
    const [question] = read(boolean({ criteria: { false: "It is not.", true: null }, threshold: 0.7 }))
    assert.deepStrictEqual(question?.asked, {
      type: "boolean",
      instructions: "Is it?",
      options: ["", "It is not."],
      words: [],
    })
    assert.deepStrictEqual(question?.names, ["true", "false"])
    assert.strictEqual(question?.threshold, 0.7)
  })

  it("takes options as names, and as names with what speaks for each", () => {
    const [named] = read(choice(["cat", " dog "], { instructions: "Which?" }))
    assert.deepStrictEqual(named?.asked.options, ["cat", "dog"])
    assert.deepStrictEqual(named?.names, ["cat", " dog "])
    const [described] = read(choice({ cat: "It meows.", dog: null }))
    assert.deepStrictEqual(described?.asked.options, ["cat: It meows.", "dog"])
    assert.deepStrictEqual(described?.asked.words, ["cat", "dog"])
    assert.isUndefined(described?.asked.instructions)
  })

  it("counts levels from 0, and cuts a range into five", () => {
    const [levels] = read(score(["low", "middle", "high"]))
    assert.deepStrictEqual(levels?.values, [0, 1, 2])
    assert.deepStrictEqual(levels?.asked.options, ["low", "middle", "high"])
    const [range] = read(score({ min: -1, max: 1 }))
    assert.deepStrictEqual(range?.values, [-1, -0.5, 0, 0.5, 1])
    assert.deepStrictEqual(range?.names, ["-1", "-0.5", "0", "0.5", "1"])
    assert.strictEqual(range?.asked.options[0], "-1 (the lowest)")
    assert.strictEqual(range?.asked.words[0], "-1")
    assert.deepStrictEqual(read(score(undefined))[0]?.values, [0, 2.5, 5, 7.5, 10])
    // The widest range that there is does not overflow.
    assert.deepStrictEqual(read(score({ min: -1.7e308, max: 1.7e308 }))[0]?.values[2], 0)
  })

  it("finds policies by id, and takes those of one's own", () => {
    const [known] = read({ q: { type: "boolean", policy: "harassment", judge: "response" } })
    assert.deepStrictEqual(known?.policy, { policy: policies.harassment, judge: "response" })
    assert.deepStrictEqual(read({ q: { type: "boolean", policy: own } })[0]?.policy, { policy: own, judge: "prompt" })
  })

  it("takes two options and 26, one question and 400", () => {
    assert.lengthOf(read(choice(many(26)))[0]?.names ?? [], 26)
    assert.lengthOf(read(Object.fromEntries(many(400).map((name) => [name, boolean({}).q]))), 400)
  })

  it.each<readonly [path: string, questions: unknown]>([
    ["questions", undefined],
    ["questions", []],
    ["questions", {}],
    ["questions", Object.fromEntries(many(401).map((name) => [name, boolean({}).q]))],
    ["questions.q", { q: "Is it?" }],
    ["questions.q", { q: null }],
    ["questions.q.type", { q: {} }],
    ["questions.q.type", { q: { type: "box" } }],
    ["questions.q.type", { q: { type: "toString" } }],
    ["questions.q.type", { q: { type: "__proto__" } }],
    ["questions.q.intsructions", boolean({ intsructions: "Is it?" })],
    ["questions.q.instructions", { q: { type: "boolean" } }],
    ["questions.q.instructions", { q: { type: "boolean", instructions: "  " } }],
    ["questions.q.instructions", boolean({ instructions: 5 })],
    ["questions.q.instructions", boolean({ instructions: "\ud800" })],
    ["questions.q.criteria", boolean({ criteria: ["yes"] })],
    ["questions.q.criteria.yes", boolean({ criteria: { yes: "It is." } })],
    ["questions.q.criteria.true", boolean({ criteria: { true: 1 } })],
    ["questions.q.policy", { q: { type: "boolean", policy: "kindness" } }],
    ["questions.q.policy", { q: { type: "boolean", policy: null } }],
    ["questions.q.instructions", boolean({ policy: "harassment" })],
    ["questions.q.criteria", { q: { type: "boolean", policy: "harassment", criteria: {} } }],
    ["questions.q.judge", { q: { type: "boolean", policy: "harassment", judge: "both" } }],
    ["questions.q.judge", boolean({ judge: "response" })],
    ["questions.q.policy", choice(["a", "b"], { policy: "harassment" })],
    ["questions.q.criteria", choice(undefined)],
    ["questions.q.criteria", choice("a, b")],
    ["questions.q.criteria", choice([])],
    ["questions.q.criteria", choice(["alone"])],
    ["questions.q.criteria", choice({ alone: null })],
    ["questions.q.criteria", choice(many(27))],
    ["questions.q.criteria", choice(many(100_000))],
    ["questions.q.criteria[2]", choice(["a", "b", "a"])],
    ["questions.q.criteria[1]", choice(["a", " a "])],
    ["questions.q.criteria. a", choice({ a: null, " a": "other" })],
    ["questions.q.criteria.a: b", choice({ a: "b", "a: b": null })],
    ["questions.q.criteria[1]", choice(["a", ""])],
    ["questions.q.criteria[0]", choice([true, false])],
    ["questions.q.criteria.a", choice({ a: 5, b: null })],
    ["questions.q.criteria", score(["alone"])],
    ["questions.q.criteria", score(many(27))],
    ["questions.q.criteria[1]", score(["low", "low"])],
    ["questions.q.criteria[1]", score(["low", null])],
    ["questions.q.criteria", score(5)],
    ["questions.q.criteria.min", score({ max: 5 })],
    ["questions.q.criteria.min", score({ min: NaN, max: 5 })],
    ["questions.q.criteria.max", score({ min: 0, max: Infinity })],
    ["questions.q.criteria.max", score({ min: 0, max: "10" })],
    ["questions.q.criteria", score({ min: 10, max: 0 })],
    ["questions.q.criteria", score({ min: 3, max: 3 })],
    ["questions.q.criteria", score({ min: 1, max: 1 + Number.EPSILON })],
    ["questions.q.criteria.step", score({ min: 0, max: 5, step: 1 })],
    ["questions.q.threshold", boolean({ threshold: 1.5 })],
    ["questions.q.threshold", boolean({ threshold: NaN })],
    ["questions.q.threshold", choice(["a", "b"], { threshold: "0.5" })],
    ["questions.q.threshold", score({ min: 2, max: 4 }, { threshold: 1 })],
    ["questions.q.calibration", boolean({ calibration: 2 })],
    ["questions.q.calibration", boolean({ calibration: { temperature: 2, slope: 1, offset: 0 } })],
    ["questions.q.calibration.offset", boolean({ calibration: { slope: 1 } })],
    ["questions.q.calibration.temperature", boolean({ calibration: {} })],
    ["questions.q.calibration.temperature", choice(["a", "b"], { calibration: { temperature: 0 } })],
    ["questions.q.calibration.temperature", choice(["a", "b"], { calibration: { temperature: NaN } })],
    ["questions.q.calibration.slope", choice(["a", "b"], { calibration: { slope: 1, offset: 0 } })],
  ])("names %s", (path, questions) => {
    const { option, problem, remedy } = refusalOf(questions)
    assert.strictEqual(option, path)
    assert.match(problem, /\S/)
    assert.match(remedy, /\S.*\.$/)
  })
})
