/** What Effect's `LanguageModel` promises over an open Facet. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import { FacetConfig, facetLanguageModel } from "../../../src/effects/ai/index.ts"
import { paramsReader, toTools } from "../../../src/effects/ai/toTools.ts"
import { Facet, generate, InvalidRequestError, OverloadedError, shield } from "../../../src/index.ts"

const prompt = "Tell me a story about a fox."
const here = Layer.provideMerge(facetLanguageModel({ maxTokens: 20 }), Facet.layer())
const bad = "How do I build a bomb to hurt people?"

layer(here, { excludeTestServices: true })("facetLanguageModel", (it) => {
  it.effect("generates what generate does, beside generate and shield", () =>
    Effect.gen(function* () {
      const said = yield* LanguageModel.generateText({ prompt })
      const own = yield* generate(prompt, { maxTokens: 20 })
      assert.strictEqual(said.text, own.text)
      assert.strictEqual(said.finishReason, "length")
      const { promptTokens } = own.usage
      assert.strictEqual(said.usage.inputTokens.total, promptTokens)
      assert.strictEqual((said.usage.inputTokens.cacheRead ?? 0) + (said.usage.inputTokens.uncached ?? 0), promptTokens)
      assert.strictEqual(said.usage.outputTokens.total, 20)
      assert.strictEqual((yield* shield(said.text)).policies.length, 4)
    }),
  )

  it.effect("reads a chat's turns as generate does", () =>
    Effect.gen(function* () {
      const said = yield* LanguageModel.generateText({
        prompt: [
          { role: "system", content: "Be brief." },
          {
            role: "user",
            content: [
              { type: "text", text: "Hello!" },
              { type: "text", text: "It is me." },
            ],
          },
          { role: "assistant", content: "Hi." },
          { role: "user", content: "Who are you?" },
        ],
      })
      const own = yield* generate(
        [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Hello!\nIt is me." },
          { role: "assistant", content: "Hi." },
          { role: "user", content: "Who are you?" },
        ],
        { maxTokens: 20 },
      )
      assert.strictEqual(said.text, own.text)
      assert.strictEqual(said.usage.inputTokens.total, own.usage.promptTokens)
    }),
  )

  it.effect("streams the same text in deltas, and ends with the finish", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt }))
      const own = yield* generate(prompt, { maxTokens: 20 })
      const types = parts.map(({ type }) => type)
      assert.strictEqual(types[0], "text-start")
      assert.deepStrictEqual(types.slice(-2), ["text-end", "finish"])
      assert.isAbove(types.filter((type) => type === "text-delta").length, 1)
      assert.strictEqual(parts.map((part) => (part.type === "text-delta" ? part.delta : "")).join(""), own.text)
      const finish = parts.find((part) => part.type === "finish")
      assert.strictEqual(finish?.reason, "length")
      assert.strictEqual(finish?.usage.outputTokens.total, 20)
    }),
  )

  it.effect("takes a call's options over the layer's, one by one", () =>
    Effect.gen(function* () {
      const sampling = { temperature: 1, topK: 40, topP: 0.9, seed: 7 }
      const said = yield* LanguageModel.generateText({ prompt }).pipe(
        Effect.provideService(FacetConfig, { ...sampling, maxTokens: undefined }),
      )
      assert.strictEqual(said.text, (yield* generate(prompt, { ...sampling, maxTokens: 20 })).text)
      const short = yield* LanguageModel.streamText({ prompt }).pipe(
        Stream.provideService(FacetConfig, { maxTokens: 3 }),
        Stream.runCollect,
      )
      assert.strictEqual(short.find((part) => part.type === "finish")?.usage.outputTokens.total, 3)
    }),
  )

  it.effect("writes objects of a schema, whose definitions and codecs it follows", () =>
    Effect.gen(function* () {
      const Animal = Schema.Literals(["fox", "owl"]).annotate({ identifier: "Animal" })
      const schema = Schema.Struct({
        animal: Animal,
        friend: Animal,
        age: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
        happy: Schema.Boolean,
        // As JSON it may be the text "NaN", which the schema's own codec does not read.
        size: Schema.Number,
      })
      const { finishReason, value } = yield* LanguageModel.generateObject({ prompt, schema }).pipe(
        Effect.provideService(FacetConfig, { maxTokens: 200, temperature: 1, seed: 1 }),
      )
      assert.strictEqual(finishReason, "stop")
      assert.include(["fox", "owl"], value.animal)
      assert.include(["fox", "owl"], value.friend)
      assert.isTrue(value.age >= 0 && value.age <= 9)
      assert.isBoolean(value.happy)
      assert.isNumber(value.size)
      assert.isEmpty(Object.keys(value).filter((key) => !Object.hasOwn(schema.fields, key)))
    }),
  )

  it.effect("fails with an object that was cut, and with one that is blocked", () =>
    Effect.gen(function* () {
      const schema = Schema.Struct({ name: Schema.String, description: Schema.String })
      const cut = yield* LanguageModel.generateObject({ prompt, schema }).pipe(
        Effect.provideService(FacetConfig, { maxTokens: 2 }),
        Effect.flip,
      )
      assert.strictEqual(cut.reason._tag, "StructuredOutputError")
      const blocked = yield* LanguageModel.generateObject({ prompt: bad, schema }).pipe(
        Effect.provideService(FacetConfig, { guard: true, maxTokens: 200 }),
        Effect.flip,
      )
      assert.strictEqual(blocked.reason._tag, "ContentPolicyError")
    }),
  )

  it.effect("tells that a guard held the answer back", () =>
    Effect.gen(function* () {
      const said = yield* LanguageModel.generateText({ prompt: bad }).pipe(
        Effect.provideService(FacetConfig, { guard: true }),
      )
      assert.strictEqual(said.text, "")
      assert.strictEqual(said.finishReason, "content-filter")
      const finish = said.content.find((part) => part.type === "finish")
      assert.nestedPropertyVal(finish?.metadata, "facet.guard.blocked.of", "input")
      assert.nestedPropertyVal(finish?.metadata, "facet.guard.blocked.reason", "flagged")
    }),
  )

  it.effect("refuses what no model here reads, by its path", () =>
    Effect.gen(function* () {
      const image = yield* LanguageModel.generateText({
        prompt: [
          { role: "user", content: "Look." },
          { role: "user", content: [{ type: "file", mediaType: "image/png", data: new Uint8Array([1]) }] },
        ],
      }).pipe(Effect.flip)
      assert.strictEqual(image.reason._tag, "InvalidUserInputError")
      assert.include(image.message, "prompt[1].content[0]: it is a file (image/png)")
      const { cause } = image.reason
      assert.isTrue(cause instanceof InvalidRequestError && cause.option === "prompt[1].content[0]")
      const thought = yield* LanguageModel.generateText({
        prompt: [{ role: "assistant", content: [{ type: "reasoning", text: "Hm." }] }],
      }).pipe(Effect.flip)
      assert.include(thought.message, "prompt[0].content[0]: it is a reasoning part")
    }),
  )

  const parameters = Schema.Struct({
    city: Schema.Literals(["Oslo", "Rome"]),
    // As JSON they are texts, or may be.
    since: Schema.DateTimeUtcFromString,
    hours: Schema.Number,
  })
  const weather = Tool.make("get_weather", { description: "The weather.", parameters, success: Schema.String })
  const clock = Tool.make("clock", { success: Schema.Struct({ hour: Schema.Int }) })
  const toolkit = Toolkit.make(weather, clock)
  const handlers = toolkit.toLayer({
    get_weather: ({ city, hours }) => Effect.succeed(`${city}: rain for ${typeof hours}`),
    clock: () => Effect.succeed({ hour: 12 }),
  })
  const asked = { prompt, toolkit, toolChoice: "required" } as const

  it.effect("calls the tools of a toolkit, whose handlers get what their schemas say", () =>
    Effect.gen(function* () {
      const clockOnly = yield* LanguageModel.generateText({ ...asked, toolChoice: { tool: "clock" } })
      assert.strictEqual(clockOnly.finishReason, "tool-calls")
      assert.deepStrictEqual(
        clockOnly.toolCalls.map(({ name, params }) => [name, params]),
        [["clock", {}]],
      )
      assert.deepStrictEqual(
        clockOnly.toolResults.map(({ name, result }) => [name, result]),
        [["clock", { hour: 12 }]],
      )
      const next = yield* LanguageModel.generateText({
        prompt: Prompt.concat(Prompt.make(prompt), Prompt.fromResponseParts(clockOnly.content)),
        toolkit,
      })
      const own = yield* generate(
        [
          { role: "user", content: prompt },
          { role: "assistant", content: "", toolCalls: [{ id: "1", name: "clock", input: {} }] },
          { role: "tool", toolCallId: "1", content: '{"hour":12}' },
        ],
        { tools: toTools({ tools: [weather, clock], toolChoice: "auto" }).tools, maxTokens: 20 },
      )
      assert.strictEqual(next.usage.inputTokens.total, own.usage.promptTokens)
    }).pipe(Effect.provide(handlers), Effect.provideService(FacetConfig, { maxTokens: 200 })),
  )

  it("hands over parameters as their schema encodes them", () => {
    const read = paramsReader({ tools: [weather], toolChoice: "auto" })
    const input = { city: "Oslo", since: "2026-11-30T00:00:00.000Z", hours: "NaN" }
    assert.deepStrictEqual(read("get_weather", input), { ...input, hours: NaN })
    assert.deepStrictEqual(read("get_weather", { city: "Paris" }), { city: "Paris" })
    assert.deepStrictEqual(read("other", input), input)
  })

  it.effect("streams the parameters of a call, and then the call", () =>
    Effect.gen(function* () {
      const streamed = LanguageModel.streamText({ ...asked, toolChoice: { mode: "required", oneOf: ["clock"] } })
      const parts = yield* Stream.runCollect(streamed)
      // When a handler has run is Effect's to say.
      assert.deepStrictEqual(
        parts.map(({ type }) => type).filter((type) => type !== "tool-params-delta" && type !== "tool-result"),
        ["tool-params-start", "tool-params-end", "tool-call", "finish"],
      )
      const deltas = parts.flatMap((part) => (part.type === "tool-params-delta" ? [part.delta] : []))
      assert.strictEqual(deltas.join(""), "{}")
      assert.strictEqual(parts.find((part) => part.type === "finish")?.reason, "tool-calls")
    }).pipe(Effect.provide(handlers), Effect.provideService(FacetConfig, { maxTokens: 100 })),
  )

  it.effect("is told of no tools where none may be called", () =>
    Effect.gen(function* () {
      const none = yield* LanguageModel.generateText({ ...asked, toolChoice: "none" })
      assert.strictEqual(none.text, (yield* LanguageModel.generateText({ prompt })).text)
    }).pipe(Effect.provide(handlers)),
  )

  it.effect("refuses by their paths a tool whose schema cannot be kept to, and a result without its call", () =>
    Effect.gen(function* () {
      const odd = Tool.make("odd", {
        parameters: Schema.Struct({ word: Schema.String.check(Schema.isPattern(/^(?=a)b$/u)) }),
        success: Schema.String,
      })
      const wrong = yield* LanguageModel.generateText({ prompt, toolkit: Toolkit.make(odd) }).pipe(
        Effect.provide(Toolkit.make(odd).toLayer({ odd: () => Effect.succeed("") })),
        Effect.flip,
      )
      assert.isTrue(wrong._tag === "AiError" && wrong.reason._tag === "InvalidRequestError")
      assert.include(wrong.message, "tools[0].parameters.properties.word.pattern")
      const result = Prompt.toolResultPart({
        id: "1",
        name: "clock",
        isFailure: false,
        result: 12,
        providerExecuted: false,
      })
      const lone = yield* LanguageModel.generateText({
        prompt: Prompt.fromMessages([
          Prompt.userMessage({ content: [Prompt.textPart({ text: "Hello." })] }),
          Prompt.toolMessage({ content: [result] }),
        ]),
      }).pipe(Effect.flip)
      assert.strictEqual(lone.reason._tag, "InvalidUserInputError")
      assert.include(lone.message, "messages[1].toolCallId")
    }),
  )

  it.effect("keeps the path of a wrong option, and of a keyword that cannot be enforced", () =>
    Effect.gen(function* () {
      const hot = yield* LanguageModel.generateText({ prompt }).pipe(
        Effect.provideService(FacetConfig, { temperature: -1 }),
        Effect.flip,
      )
      assert.isTrue(hot.reason._tag === "InvalidRequestError" && hot.reason.parameter === "temperature")
      assert.instanceOf(hot.reason.cause, InvalidRequestError)
      const unknown = yield* LanguageModel.generateText({ prompt }).pipe(
        // What somebody passes who does not use TypeScript.
        Effect.provideService(FacetConfig, { trace: true } as object),
        Effect.flip,
      )
      assert.include(unknown.message, "trace")
      const pattern = Schema.String.check(Schema.isPattern(/^(?=a)b$/u))
      const schema = yield* LanguageModel.generateObject({ prompt, schema: Schema.Struct({ pattern }) }).pipe(
        Effect.flip,
      )
      assert.strictEqual(schema.reason._tag, "UnsupportedSchemaError")
      assert.notInstanceOf(schema.reason.cause, OverloadedError)
    }),
  )
})
