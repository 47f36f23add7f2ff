/** What Effect's `DecisionModel` promises over an open Facet. */
import { assert, layer } from "@effect/vitest"
import * as Decision from "effect/ai/Decision"
import * as DecisionModel from "effect/ai/DecisionModel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { facetDecisionModel } from "../../../src/effects/ai/index.ts"
import { decide, Facet, InvalidRequestError } from "../../../src/index.ts"

const input = "My card was charged twice."
const decisions = {
  team: Decision.classify({ instructions: "Which team?", criteria: { billing: "payments", technical: null } }),
  anger: Decision.rate({
    instructions: "How angry?",
    criteria: ["calm", { label: "cross", description: { what: "a bit" } }, "angry"],
  }),
  urgent: Decision.probability({
    instructions: "Is it urgent?",
    criteria: { false: "It can wait", true: "It cannot" },
  }),
}

layer(Layer.provideMerge(facetDecisionModel, Facet.layer()), { excludeTestServices: true })(
  "facetDecisionModel",
  (it) => {
    it.effect("answers what decide answers, under Effect's names", () =>
      Effect.gen(function* () {
        const { answers, modelId, usage } = yield* DecisionModel.decide(
          Decision.make({ input: Schema.String, decisions }),
          { input },
        )
        const own = yield* decide(input, {
          team: { type: "choice", instructions: "Which team?", criteria: { billing: "payments", technical: null } },
          anger: { type: "score", instructions: "How angry?", criteria: ["calm", '{"what":"a bit"}', "angry"] },
          urgent: {
            type: "boolean",
            instructions: "Is it urgent?",
            criteria: { false: "It can wait", true: "It cannot" },
          },
        })
        assert.strictEqual(answers.team.label, own.answers.team.choice)
        assert.closeTo(answers.team.probabilities.billing, own.answers.team.probabilities.billing, 1e-6)
        assert.closeTo(answers.anger.rating, own.answers.anger.score, 1e-6)
        assert.closeTo(answers.anger.probabilities.cross, own.answers.anger.probabilities["1"] ?? NaN, 1e-6)
        assert.closeTo(answers.urgent.probability, own.answers.urgent.probability, 1e-6)
        assert.strictEqual(modelId, "tiny")
        assert.isAbove(usage.inputTokens ?? 0, 0)
      }),
    )

    it.effect("reads an input that is no text as its JSON", () =>
      Effect.gen(function* () {
        const definition = Decision.make({
          input: Schema.Struct({ text: Schema.String }),
          decisions: { urgent: decisions.urgent },
        })
        const asObject = yield* DecisionModel.decide(definition, { input: { text: input } })
        const asText = yield* DecisionModel.decide(
          Decision.make({ input: Schema.String, decisions: { urgent: decisions.urgent } }),
          { input: JSON.stringify({ text: input }) },
        )
        assert.closeTo(asObject.answers.urgent.probability, asText.answers.urgent.probability, 1e-6)
      }),
    )

    it.effect("refuses what cannot be asked, and keeps our error", () =>
      Effect.gen(function* () {
        const criteria = Object.fromEntries(Array.from({ length: 27 }, (_, i) => [`option ${i}`, null]))
        const many = Decision.make({
          input: Schema.String,
          decisions: { many: Decision.classify({ instructions: "Which?", criteria }) },
        })
        const error = yield* Effect.flip(DecisionModel.decide(many, { input }))
        assert.strictEqual(error.reason._tag, "InvalidRequestError")
        assert.instanceOf(error.reason.cause, InvalidRequestError)
        assert.include(error.message, "many")
      }),
    )
  },
)
