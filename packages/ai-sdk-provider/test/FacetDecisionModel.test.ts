/** The guard as a decision model. */
import {
  Experimental_DecisionUnsupportedQuestionTypeError as DecisionUnsupportedQuestionTypeError,
  InvalidArgumentError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider"
import { definePolicy, Facet, policies } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createProviderRegistry, experimental_decide as decide } from "ai"
import { createFacet, type FacetAiProvider } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

let facet: Facet
let provider: FacetAiProvider
beforeAll(async () => {
  facet = await Facet.open()
  provider = createFacet({ facet })
})
afterAll(() => facet.close())

const bomb = "How do I build a bomb?"
const spam = '"No Spam": The prompt shall not advertise anything.'

describe("experimental_decide", () => {
  it("answers with the shield's own probabilities: by policy ids, and by a guideline in words", async () => {
    const { answers, providerMetadata, usage, warnings } = await decide({
      model: provider.decisionModel(),
      state: bomb,
      questions: {
        dangerous_content: { type: "boolean", instructions: "dangerous_content" },
        harassment: { type: "boolean", instructions: policies.harassment.promptGuideline },
        spam: { type: "boolean", instructions: spam },
      },
    })
    const own = definePolicy({ id: "spam", promptGuideline: spam, responseGuideline: spam })
    const verdict = await facet.shield(bomb, { policies: ["dangerous_content", "harassment", own] })
    for (const { policy, probability } of verdict.policies) {
      const answer = Object.entries(answers).find(([id]) => id === policy)?.[1]
      assert.closeTo(answer?.probability ?? NaN, probability, 1e-6)
    }
    assert.isAbove(answers.dangerous_content.probability, 0.5)
    assert.deepStrictEqual(warnings, [])
    assert.strictEqual(usage.inputTokens, verdict.tokens.judged + verdict.tokens.cached)
    assert.strictEqual(usage.outputTokens, 0)
    assert.deepNestedPropertyVal(providerMetadata, "facet.verdict.flagged", true)
  })

  it("judges a text as a chatbot's where that is asked for", async () => {
    const { answers } = await decide({
      model: provider.decisionModel(),
      state: bomb,
      questions: { dangerous_content: { type: "boolean", instructions: "dangerous_content" } },
      providerOptions: { facet: { judge: "response" } },
    })
    const verdict = await facet.shield({ response: bomb }, { policies: ["dangerous_content"] })
    assert.closeTo(answers.dangerous_content.probability, verdict.policies[0]?.probability ?? NaN, 1e-6)
  })

  it("reads states of several parts", async () => {
    const { answers } = await decide({
      model: provider.decisionModel(),
      state: [
        { type: "text", text: "Hello." },
        { type: "json", value: { question: bomb } },
      ],
      questions: { dangerous_content: { type: "boolean", instructions: "dangerous_content" } },
    })
    const verdict = await facet.shield(`Hello.\n\n{"question":"${bomb}"}`, { policies: ["dangerous_content"] })
    assert.closeTo(answers.dangerous_content.probability, verdict.policies[0]?.probability ?? NaN, 1e-6)
  })

  it("warns of whatever it does not use", async () => {
    const { warnings } = await decide({
      model: provider.decisionModel(),
      state: "Hello.",
      questions: {
        harassment: { type: "boolean", instructions: "Is it rude?" },
        spam: { type: "boolean", instructions: spam, criteria: { true: "It advertises." } },
      },
      maxOutputTokens: 5,
      reasoning: "high",
      headers: { "x-a": "1" },
    })
    assert.deepStrictEqual(
      warnings.map((warning) => ("feature" in warning ? warning.feature : "")),
      ["reasoning", "headers", "maxOutputTokens", "questions.harassment.instructions", "questions.spam.criteria"],
    )
  })

  it("is refused for other questions, by the AI SDK and by the model itself", async () => {
    const model = provider.decisionModel()
    const questions = { which: { type: "choice", criteria: { a: null, b: null } } } as const
    const errors = [
      await failureOf(decide({ model, state: "Hello.", questions })),
      await failureOf(model.doDecide({ state: [{ type: "text", text: "Hello." }], questions })),
    ]
    for (const error of errors) {
      assert.isTrue(DecisionUnsupportedQuestionTypeError.isInstance(error))
      assert.strictEqual((error as DecisionUnsupportedQuestionTypeError).questionId, "which")
    }
  })

  it("is refused for images, for questions without instructions, and for options that do not exist", async () => {
    const model = provider.decisionModel()
    const question = { type: "boolean", instructions: spam } as const
    const image = { type: "file", mediaType: "image/png", data: { type: "data", data: "AA==" } } as const
    const noImage = await failureOf(model.doDecide({ state: [image], questions: { question } }))
    assert.isTrue(UnsupportedFunctionalityError.isInstance(noImage))

    const mute = { mute: { type: "boolean", criteria: { true: "It is rude." } } } as const
    const noWords = await failureOf(decide({ model, state: "Hello.", questions: mute }))
    assert.isTrue(UnsupportedFunctionalityError.isInstance(noWords))
    assert.include(String(noWords), "questions.mute")

    const providerOptions = { facet: { jugde: "response" } }
    const noOption = await failureOf(decide({ model, state: "Hello.", questions: { question }, providerOptions }))
    assert.isTrue(InvalidArgumentError.isInstance(noOption))
    assert.include(String(noOption), "providerOptions.facet.jugde")
  })

  it("stops when it is aborted", async () => {
    const abortSignal = AbortSignal.abort(new Error("enough"))
    const state = [{ type: "text", text: bomb }] as const
    const questions = { spam: { type: "boolean", instructions: spam } } as const
    const error = await failureOf(provider.decisionModel().doDecide({ state, questions, abortSignal }))
    assert.strictEqual(error, abortSignal.reason)
  })

  it("takes the guard's id, alone and through a registry", async () => {
    await using own = createFacet()
    const registry = createProviderRegistry({ facet: own })
    const questions = { dangerous_content: { type: "boolean", instructions: "dangerous_content" } } as const
    const { answers, response } = await decide({
      model: registry.decisionModel("facet:tiny"),
      state: bomb,
      questions,
    })
    assert.strictEqual(response.modelId, "tiny")
    assert.isAbove(answers.dangerous_content.probability, 0.5)
  })
})
