/** The provider itself: ids, registries, opening and closing, and what importing it costs. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { NoSuchModelError } from "@ai-sdk/provider"
import { ClosedError, Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createProviderRegistry, customProvider, defaultSettingsMiddleware, generateText, wrapLanguageModel } from "ai"
import { createFacet, facet as defaultProvider, FacetProviderError, type FacetAiProvider } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

const prompt = "Tell me a story about a fox."
const maxOutputTokens = 4

let facet: Facet
let provider: FacetAiProvider
let answer: string
beforeAll(async () => {
  facet = await Facet.open()
  provider = createFacet({ facet })
  answer = (await facet.generate(prompt, { maxTokens: maxOutputTokens })).text
})
afterAll(() => facet.close())

describe("a provider", () => {
  it("gives models without opening any", () => {
    assert.strictEqual(defaultProvider().modelId, "tiny")
    assert.strictEqual(defaultProvider("google/gemma-2-2b-it").modelId, "google/gemma-2-2b-it")
    assert.strictEqual(defaultProvider.languageModel().provider, "facet.chat")
    assert.strictEqual(defaultProvider.decisionModel("google/gemma-2-2b-it").modelId, "google/gemma-2-2b-it")
    assert.strictEqual(defaultProvider.embeddingModel().modelId, "tiny")
    assert.strictEqual(createFacet({ facet: { model: "google/gemma-2-9b-it" } })().modelId, "google/gemma-2-9b-it")
    assert.strictEqual(createFacet({ model: "google/gemma-2-9b-it" })().modelId, "google/gemma-2-9b-it")
  })

  it("is no class", () => {
    // @ts-expect-error it has no construct signature
    assert.throws(() => new defaultProvider(), /without `new`/)
  })

  for (const modelType of ["imageModel", "transcriptionModel", "speechModel", "rerankingModel"] as const) {
    it(`has no ${modelType}`, () => {
      try {
        provider[modelType]?.("tiny")
      } catch (error) {
        if (!NoSuchModelError.isInstance(error)) throw error
        assert.strictEqual(error.modelType, modelType)
        return
      }
      assert.fail("it should have thrown")
    })
  }

  it("has one model where it was made of an open Facet", () => {
    assert.strictEqual(provider().modelId, "default")
    assert.strictEqual(createFacet({ facet, model: "mine" })("mine").modelId, "mine")
    for (const ask of [
      () => provider("google/gemma-2-2b-it"),
      () => provider.embeddingModel("google/gemma-2-2b-it"),
      () => provider.decisionModel("google/gemma-2-2b-it"),
    ]) {
      assert.throws(ask, NoSuchModelError)
    }
  })

  it("leaves an open Facet open, and closes what it opened itself", async () => {
    await createFacet({ facet }).dispose()
    assert.strictEqual((await generateText({ model: provider(), prompt, maxOutputTokens })).text, answer)

    const own = createFacet({ facet: { queue: 62 } })
    const model = own()
    assert.strictEqual((await generateText({ model, prompt, maxOutputTokens })).text, answer)
    await own.dispose()
    // It is opened anew for whoever goes on.
    assert.strictEqual((await generateText({ model, prompt, maxOutputTokens })).text, answer)
    await own[Symbol.asyncDispose]()
  })

  it("says so when the Facet that it was made of is closed", async () => {
    const closed = await Facet.open()
    await closed.close()
    const error = await failureOf(generateText({ model: createFacet({ facet: closed })(), prompt }))
    if (!FacetProviderError.isInstance(error)) throw error
    assert.instanceOf(error.cause, ClosedError)
  })

  it("works in a registry", async () => {
    const registry = createProviderRegistry({ facet: provider })
    const { text } = await generateText({ model: registry.languageModel("facet:default"), prompt, maxOutputTokens })
    assert.strictEqual(text, answer)
    assert.strictEqual(registry.embeddingModel("facet:default").modelId, "default")
    assert.throws(() => registry.imageModel("facet:default"), NoSuchModelError)
  })

  it("works in a custom provider, as a model and as what is fallen back on", async () => {
    const short = wrapLanguageModel({
      model: provider(),
      middleware: defaultSettingsMiddleware({ settings: { maxOutputTokens } }),
    })
    const custom = customProvider({ languageModels: { short }, fallbackProvider: provider })
    assert.strictEqual((await generateText({ model: custom.languageModel("short"), prompt })).text, answer)
    const { text } = await generateText({ model: custom.languageModel("default"), prompt, maxOutputTokens })
    assert.strictEqual(text, answer)
  })
})

describe("importing the provider", () => {
  it("touches nothing of Node, loads no engine and opens no model", async () => {
    const entry = new URL("../src/index.ts", import.meta.url).href
    const source = `
      import { isBuiltin, registerHooks } from "node:module"
      const seen = []
      registerHooks({
        resolve: (specifier, context, next) => {
          if (isBuiltin(specifier) || (specifier.startsWith("@facet/") && specifier !== "@facet/sdk/words")) seen.push(specifier)
          return next(specifier, context)
        },
      })
      const { createFacet, facet, traceMiddleware } = await import(${JSON.stringify(entry)})
      facet(); facet("google/gemma-2-2b-it"); facet.decisionModel(); facet.embeddingModel(); traceMiddleware()
      createFacet({ facet: { model: "tiny" } })()
      await facet.dispose()
      console.log(JSON.stringify(seen))
    `
    const { stderr, stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", source], {
      timeout: 20_000,
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    })
    assert.strictEqual(stdout.trim(), "[]")
    assert.strictEqual(stderr, "")
  })
})
