/** The residual stream as an embedding model. */
import { InvalidArgumentError } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { cosineSimilarity, embed, embedMany } from "ai"
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

describe("an embedding", () => {
  it("is the sdk's own, one for each value, with the tokens of all", async () => {
    const values = ["The dog sleeps.", "A bear went into the forest."]
    const { embeddings, providerMetadata, usage, warnings } = await embedMany({
      model: provider.embeddingModel(),
      values,
    })
    let tokens = 0
    for (const [i, value] of values.entries()) {
      const expected = await facet.embed(value)
      assert.deepStrictEqual(embeddings[i], Array.from(expected.embedding))
      tokens += expected.tokens
      assert.strictEqual(providerMetadata?.["facet"]?.["layer"], expected.layer)
    }
    assert.strictEqual(usage.tokens, tokens)
    assert.deepStrictEqual(warnings, [])
  })

  it("is of the layer that is asked for", async () => {
    const { embedding } = await embed({
      model: provider.embeddingModel(),
      value: "The dog sleeps.",
      providerOptions: { facet: { layer: 1 } },
    })
    const expected = await facet.embed("The dog sleeps.", { layer: 1 })
    assert.deepStrictEqual(embedding, Array.from(expected.embedding))
  })

  it("is alike for texts that are alike", async () => {
    const { embeddings } = await embedMany({
      model: provider.embeddingModel(),
      values: ["The dog sleeps.", "The dog sleeps now.", "One day, two birds flew over the river."],
    })
    const [a = [], b = [], c = []] = embeddings
    assert.isAbove(cosineSimilarity(a, b), cosineSimilarity(a, c))
  })

  it("has the model's width: other dimensions, and headers, have a warning", async () => {
    const call = { values: ["Hello."], dimensions: 8, headers: { "x-a": "1" } }
    const { warnings } = await provider.embeddingModel().doEmbed(call)
    assert.deepStrictEqual(
      warnings.map((warning) => ("feature" in warning ? warning.feature : "")),
      ["headers", "dimensions"],
    )
    assert.deepStrictEqual((await provider.embeddingModel().doEmbed({ values: ["Hi."], dimensions: 192 })).warnings, [])
  })

  it("may be of no values at all", async () => {
    assert.deepStrictEqual((await provider.embeddingModel().doEmbed({ values: [] })).embeddings, [])
  })

  it("is refused for options and layers that do not exist, and when it is aborted", async () => {
    const model = provider.embeddingModel()
    const wrong: ReadonlyArray<readonly [string, Record<string, number>]> = [
      ["providerOptions.facet.lyer", { lyer: 1 }],
      ["providerOptions.facet.layer", { layer: 99 }],
    ]
    for (const [argument, facet] of wrong) {
      const error = await failureOf(model.doEmbed({ values: ["Hello."], providerOptions: { facet } }))
      if (!InvalidArgumentError.isInstance(error)) throw error
      assert.strictEqual(error.argument, argument)
    }
    const abortSignal = AbortSignal.abort(new Error("enough"))
    assert.strictEqual(await failureOf(model.doEmbed({ values: ["a"], abortSignal })), abortSignal.reason)
  })
})
