/** Gemma as a decision model, and the guard. */
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

const text = "The little fox ran into the forest. She was happy, and she sang a song to the moon."

describe("experimental_decide", () => {
  it("answers boolean, choice and score with what decide says", async () => {
    const { answers, providerMetadata, usage, warnings } = await decide({
      model: provider.decisionModel(),
      state: text,
      questions: {
        forest: { type: "boolean", instructions: "Is there a forest?", criteria: { true: "Trees are named." } },
        animal: { type: "choice", instructions: "Which animal?", criteria: { fox: { colour: "red" }, dog: null } },
        joy: { type: "score", instructions: "How joyful is it?", criteria: ["sad", "calm", ["very", "glad"]] },
      },
    })
    const own = await facet.decide(text, {
      forest: { type: "boolean", instructions: "Is there a forest?", criteria: { true: "Trees are named." } },
      animal: { type: "choice", instructions: "Which animal?", criteria: { fox: '{"colour":"red"}', dog: null } },
      joy: { type: "score", instructions: "How joyful is it?", criteria: ["sad", "calm", '["very","glad"]'] },
    })
    assert.closeTo(answers.forest.probability, own.answers.forest.probability, 1e-5)
    assert.strictEqual(answers.animal.choice, own.answers.animal.choice)
    assert.closeTo(answers.animal.probabilities?.["fox"] ?? NaN, own.answers.animal.probabilities.fox, 1e-5)
    assert.closeTo(answers.joy.score, own.answers.joy.score, 1e-5)
    assert.sameMembers(Object.keys(answers.joy.probabilities ?? {}), ["0", "1", "2"])
    assert.deepStrictEqual(warnings, [])
    assert.isAbove(usage.inputTokens ?? 0, 0)
    assert.strictEqual(usage.outputTokens, 0)
    assert.nestedProperty(providerMetadata, "facet.tokens.cached")
  })

  it("asks by the criteria alone where there are no instructions", async () => {
    const { answers } = await decide({
      model: provider.decisionModel(),
      state: text,
      questions: {
        forest: { type: "boolean", criteria: { true: "Trees are named." } },
        animal: { type: "choice", criteria: { fox: null, dog: null } },
        joy: { type: "score", instructions: null, criteria: ["sad", null, "glad"] },
      },
    })
    assert.isTrue(answers.forest.probability >= 0 && answers.joy.score >= 0)
    assert.include(["fox", "dog"], answers.animal.choice)
  })

  it("asks the guard about policies: by their ids, and by their guidelines word for word", async () => {
    const { answers, warnings } = await decide({
      model: provider.decisionModel(),
      state: bomb,
      questions: {
        dangerous_content: { type: "boolean", instructions: "dangerous_content" },
        rude: { type: "boolean", instructions: policies.harassment.promptGuideline },
      },
    })
    const verdict = await facet.shield(bomb, { policies: ["dangerous_content", "harassment"] })
    assert.closeTo(answers.dangerous_content.probability, verdict.policies[0]?.probability ?? NaN, 1e-6)
    assert.closeTo(answers.rude.probability, verdict.policies[1]?.probability ?? NaN, 1e-6)
    assert.isAbove(answers.dangerous_content.probability, 0.5)
    assert.deepStrictEqual(warnings, [])
  })

  it("asks whom it is told to: the guard about guidelines of one's own, the model about everything", async () => {
    const model = provider.decisionModel()
    const questions = { spam: { type: "boolean", instructions: spam } } as const
    const guarded = await decide({ model, state: bomb, questions, providerOptions: { facet: { ask: "guard" } } })
    const own = definePolicy({ id: "spam", promptGuideline: spam, responseGuideline: spam })
    const verdict = await facet.shield(bomb, { policies: [own] })
    assert.closeTo(guarded.answers.spam.probability, verdict.policies[0]?.probability ?? NaN, 1e-6)

    const harassment = { type: "boolean", instructions: "Is it rude?" } as const
    const providerOptions = { facet: { ask: "text" } }
    const asked = await decide({ model, state: bomb, questions: { harassment }, providerOptions })
    const decision = await facet.decide(bomb, { harassment })
    assert.closeTo(asked.answers.harassment.probability, decision.answers.harassment.probability, 1e-5)
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
        harassment: { type: "boolean", instructions: "Is it rude?", criteria: { true: "It insults." } },
      },
      maxOutputTokens: 5,
      reasoning: "high",
      headers: { "x-a": "1" },
    })
    assert.deepStrictEqual(
      warnings.map((warning) => ("feature" in warning ? warning.feature : "")),
      ["reasoning", "headers", "maxOutputTokens", "questions.harassment.instructions", "questions.harassment.criteria"],
    )
  })

  it("is refused for boxes, and of the guard for all but boolean questions", async () => {
    const model = provider.decisionModel()
    const state = [{ type: "text", text: "Hello." }] as const
    const box = { where: { type: "box" } } as const
    const which = { which: { type: "choice", criteria: { a: null, b: null } } } as const
    const errors = [
      await failureOf(decide({ model, state: "Hello.", questions: box })),
      await failureOf(model.doDecide({ state, questions: box })),
      await failureOf(model.doDecide({ state, questions: which, providerOptions: { facet: { ask: "guard" } } })),
    ]
    for (const error of errors) assert.isTrue(DecisionUnsupportedQuestionTypeError.isInstance(error))
  })

  it("is refused by its path for one option, one level, images, and options that do not exist", async () => {
    const model = provider.decisionModel()
    const question = { type: "boolean", instructions: spam } as const
    const wrong = [
      ["questions.which.criteria", { which: { type: "choice", criteria: { alone: null } } }],
      ["questions.how.criteria", { how: { type: "score", criteria: ["alone"] } }],
    ] as const
    for (const [path, questions] of wrong) {
      const error = await failureOf(decide({ model, state: "Hello.", questions }))
      assert.isTrue(InvalidArgumentError.isInstance(error))
      assert.include(String(error), path)
    }
    const image = { type: "file", mediaType: "image/png", data: { type: "data", data: "AA==" } } as const
    const noImage = await failureOf(model.doDecide({ state: [image], questions: { question } }))
    assert.isTrue(UnsupportedFunctionalityError.isInstance(noImage))

    const mute = { mute: { type: "boolean", criteria: { true: "It is rude." } } } as const
    const guard = { facet: { ask: "guard" } }
    const noWords = await failureOf(decide({ model, state: "Hello.", questions: mute, providerOptions: guard }))
    assert.isTrue(UnsupportedFunctionalityError.isInstance(noWords))
    assert.include(String(noWords), "questions.mute")

    for (const options of [{ jugde: "response" }, { judge: "both" }, { ask: "me" }]) {
      const call = decide({
        model,
        state: "Hello.",
        questions: { question },
        providerOptions: { facet: { ...options } },
      })
      const noOption = await failureOf(call)
      assert.isTrue(InvalidArgumentError.isInstance(noOption))
      assert.include(String(noOption), `providerOptions.facet.${Object.keys(options)[0]}`)
    }
  })

  it("stops when it is aborted", async () => {
    const abortSignal = AbortSignal.abort(new Error("enough"))
    const state = [{ type: "text", text: bomb }] as const
    const questions = { spam: { type: "boolean", instructions: spam } } as const
    const error = await failureOf(provider.decisionModel().doDecide({ state, questions, abortSignal }))
    assert.strictEqual(error, abortSignal.reason)
  })

  it("takes the model's id, alone and through a registry", async () => {
    await using own = createFacet()
    const registry = createProviderRegistry({ facet: own })
    const { answers, response } = await decide({
      model: registry.decisionModel("facet:tiny"),
      state: bomb,
      questions: {
        dangerous_content: { type: "boolean", instructions: "dangerous_content" },
        long: { type: "score", instructions: "How long is it?", criteria: ["short", "long"] },
      },
    })
    assert.strictEqual(response.modelId, "tiny")
    assert.isAbove(answers.dangerous_content.probability, 0.5)
    assert.isAtMost(answers.long.score, 1)
  })
})
