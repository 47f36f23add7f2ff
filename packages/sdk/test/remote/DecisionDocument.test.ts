import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { decisionReader, decisionToJson } from "../../src/remote/DecisionDocument.ts"
import type { Decision } from "../../src/words/Decision.ts"
import type { Questions } from "../../src/words/Question.ts"
import { assertSame, checkNonsense, sent } from "./documents.ts"
import { Answer } from "./values.ts"

const Answers = Schema.Record(Schema.String, Answer)

/** Questions that such answers could answer. */
const asked = (answers: typeof Answers.Type): Questions =>
  Object.fromEntries(
    Object.entries(answers).map(([name, { type }]) => [name, { type, criteria: ["a", "b"] } as Questions[string]]),
  )

const decisionOf = (answers: typeof Answers.Type): Decision => ({ answers, tokens: { judged: 3, cached: 4 } })

describe("a decision", () => {
  it.prop("comes back as it was", { answers: Answers }, ({ answers }) => {
    const decision = decisionOf(answers)
    assertSame(decisionReader(asked(answers))(sent(decisionToJson(decision)), ""), decision)
  })

  it.prop("with nonsense in any place is refused, or can be used", { answers: Answers }, ({ answers }) => {
    checkNonsense(sent(decisionToJson(decisionOf(answers))), decisionReader(asked(answers)), (read) => {
      for (const answer of Object.values(read.answers)) {
        if (answer.type === "boolean") assert.isString(answer.probability.toFixed(2))
        else for (const probability of Object.values(answer.probabilities)) assert.isString(probability.toFixed(2))
      }
      assert.isString(read.tokens.judged.toFixed(0))
    })
  })

  it.each(["q", "toString", "__proto__"])("that does not answer %s is none", (name) => {
    const questions = Object.fromEntries([[name, { type: "boolean", instructions: "Is it?" } as const]])
    assert.throws(() => decisionReader(questions)({ answers: {}, tokens: { judged: 1, cached: 0 } }, ""), "answers.")
  })
})
