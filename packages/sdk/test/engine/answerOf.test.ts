/** Answers out of logits. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { answerOf, probabilitiesOf } from "../../src/engine/answerOf.ts"
import type { Question } from "../../src/index.ts"
import { readQuestions } from "../../src/words/readQuestions.ts"
import { tries } from "../../../../test/campaign.ts"

const logit = Schema.Finite.check(Schema.isBetween({ minimum: -1e4, maximum: 1e4 }))
const logits = Schema.Array(logit).check(Schema.isMinLength(2), Schema.isMaxLength(26))
const temperature = Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 100 }))
const many = { arbitrary: { runs: tries(200) } }

const answer = (question: Question, of: ReadonlyArray<number>) => {
  const [read] = readQuestions({ q: question })
  assert.isDefined(read)
  return answerOf(read, of)
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)

describe("probabilitiesOf", () => {
  it.prop(
    "gives probabilities that sum to 1, calibrated or not",
    { logits, temperature },
    ({ logits, temperature }) => {
      for (const calibration of [undefined, { temperature }]) {
        const probabilities = probabilitiesOf(logits, calibration)
        assert.closeTo(sum(probabilities), 1, 1e-12)
        for (const probability of probabilities) assert.isTrue(probability >= 0 && probability <= 1)
      }
    },
    many,
  )

  it.prop(
    "keeps the order of the options at any temperature",
    { logits, temperature },
    ({ logits, temperature }) => {
      const probabilities = probabilitiesOf(logits, { temperature })
      const best = logits.indexOf(Math.max(...logits))
      assert.strictEqual(probabilities[best], Math.max(...probabilities))
    },
    many,
  )

  it("is sure where a model is beyond doubt", () => {
    assert.deepStrictEqual(probabilitiesOf([-Infinity, 0]), [0, 1])
    assert.deepStrictEqual(probabilitiesOf([-Infinity, 0], { slope: 2, offset: 1 }), [0, 1])
    // A slope of 0 says that the model's own opinion is worth nothing.
    assert.deepStrictEqual(probabilitiesOf([-Infinity, 0], { slope: 0, offset: 0 }), [0.5, 0.5])
  })
})

describe("answerOf", () => {
  it("says how likely it is that it is so", () => {
    assert.deepStrictEqual(answer({ type: "boolean", instructions: "Is it?" }, [1, 1]), {
      type: "boolean",
      probability: 0.5,
    })
  })

  it("says which of the options is likeliest, among equals the first by name", () => {
    assert.deepStrictEqual(answer({ type: "choice", criteria: ["dog", "cat"] }, [0, 0]), {
      type: "choice",
      choice: "cat",
      probabilities: { dog: 0.5, cat: 0.5 },
    })
  })

  it("keeps options of any name", () => {
    const { probabilities } = JSON.parse(
      JSON.stringify(answer({ type: "choice", criteria: ["__proto__", "constructor"] }, [0, 0])),
    )
    assert.deepStrictEqual(Object.entries(probabilities), [
      ["__proto__", 0.5],
      ["constructor", 0.5],
    ])
  })

  it("says how much, as the expected value over the levels", () => {
    const told = answer({ type: "score", criteria: { min: 0, max: 10 } }, [0, 0, 0, 0, 0])
    assert.strictEqual(told.type === "score" ? told.score : NaN, 5)
    assert.deepStrictEqual(answer({ type: "score", criteria: ["low", "high"] }, [0, 0]), {
      type: "score",
      score: 0.5,
      probabilities: { 0: 0.5, 1: 0.5 },
    })
  })

  it.prop(
    "never leaves the scale",
    { logits: Schema.Tuple([logit, logit, logit, logit, logit]) },
    ({ logits }) => {
      const told = answer({ type: "score", criteria: { min: -3, max: 7 } }, logits)
      assert.isTrue(told.type === "score" && told.score >= -3 && told.score <= 7)
    },
    many,
  )

  it("compares with the question's threshold: the truth, the choice, the score", () => {
    const reach = (question: Question, of: ReadonlyArray<number>) => {
      const { reached, threshold } = answer(question, of)
      return [threshold, reached]
    }
    const sure = [Math.log(3), 0]
    assert.deepStrictEqual(reach({ type: "boolean", instructions: "?", threshold: 0.74 }, sure), [0.74, true])
    assert.deepStrictEqual(reach({ type: "boolean", instructions: "?", threshold: 0.76 }, sure), [0.76, false])
    assert.deepStrictEqual(reach({ type: "choice", criteria: ["a", "b"], threshold: 0.8 }, sure), [0.8, false])
    assert.deepStrictEqual(reach({ type: "score", criteria: ["a", "b"], threshold: 0.2 }, sure), [0.2, true])
  })
})
