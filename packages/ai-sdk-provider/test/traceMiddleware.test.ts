/** Features beside the text: on their way to a UI, and not back into the prompt. */
import type { LanguageModelV4CallOptions, LanguageModelV4Middleware } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  convertToModelMessages,
  generateText,
  readUIMessageStream,
  streamText,
  type UIMessage,
  wrapLanguageModel,
} from "ai"
import { MockLanguageModelV4, simulateReadableStream } from "ai/test"
import { createFacet, type FacetAiProvider, traceMiddleware } from "../src/index.ts"
import { featuresOf } from "./fixtures/features.ts"

globalThis.AI_SDK_LOG_WARNINGS = false

const prompt = "Tell me a story about a fox."
const maxOutputTokens = 24

let facet: Facet
let provider: FacetAiProvider
beforeAll(async () => {
  facet = await Facet.open()
  provider = createFacet({ facet })
})
afterAll(() => facet.close())

/** Sees what the model is called with. */
const spy = (calls: Array<LanguageModelV4CallOptions>): LanguageModelV4Middleware => ({
  specificationVersion: "v4",
  wrapGenerate: ({ doGenerate, params }) => (calls.push(params), doGenerate()),
  wrapStream: ({ doStream, params }) => (calls.push(params), doStream()),
})

const user = (text: string): UIMessage => ({ id: text, role: "user", parts: [{ type: "text", text }] })

describe("traceMiddleware", () => {
  it("brings features into the parts of UI messages, and keeps them out of the next prompt", async () => {
    const calls: Array<LanguageModelV4CallOptions> = []
    const model = wrapLanguageModel({ model: provider(), middleware: [traceMiddleware({ topK: 2 }), spy(calls)] })
    const turn = async (messages: Array<UIMessage>) => {
      const result = streamText({ model, messages: await convertToModelMessages(messages), maxOutputTokens })
      let message: UIMessage | undefined
      for await (const state of readUIMessageStream({ stream: result.toUIMessageStream() })) message = state
      assert.isDefined(message)
      return { message, usage: await result.usage }
    }

    const { message } = await turn([user(prompt)])
    const traces = message.parts.filter((part) => part.type === "custom")
    const traced = traces.flatMap(({ kind, providerMetadata }) => {
      assert.strictEqual(kind, "facet.trace")
      return featuresOf(providerMetadata?.["facet"]?.["tokens"])
    })
    const whole = await facet.generate(prompt, { maxTokens: maxOutputTokens, trace: { topK: 2 } })
    assert.deepStrictEqual(traced, featuresOf(whole.traces[0]?.tokens))
    assert.strictEqual(traced.length, maxOutputTokens)

    const history = [user(prompt), message, user("And then?")]
    const sent = await convertToModelMessages(history)
    assert.include(JSON.stringify(sent), "facet.trace", "the AI SDK sends custom parts back: that is what is undone")
    const { usage } = await turn(history)
    assert.notInclude(JSON.stringify(calls.at(-1)?.prompt), "facet.trace")

    const plain = await facet.generate(
      [
        { role: "user", content: prompt },
        { role: "assistant", content: whole.text },
        { role: "user", content: "And then?" },
      ],
      { maxTokens: 1 },
    )
    assert.strictEqual(usage.inputTokens, plain.usage.promptTokens)
  })

  it("leaves what a call says itself", async () => {
    const model = wrapLanguageModel({ model: provider(), middleware: traceMiddleware() })
    const { content } = await generateText({
      model,
      prompt,
      maxOutputTokens: 2,
      providerOptions: { facet: { trace: { layer: 2 } } },
    })
    const layers = content.flatMap((part) =>
      part.type === "custom" ? [part.providerMetadata?.["facet"]?.["layer"]] : [],
    )
    assert.deepStrictEqual(layers, [2])
  })

  it("takes several sites", async () => {
    const model = wrapLanguageModel({ model: provider(), middleware: traceMiddleware([{ layer: 2 }, { layer: 4 }]) })
    const { content } = await generateText({ model, prompt, maxOutputTokens: 2 })
    assert.strictEqual(content.filter(({ type }) => type === "custom").length, 2)
  })

  it("warns beside another provider's model, and keeps its prompt clean too", async () => {
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    }
    const finishReason = { unified: "stop", raw: "stop" } as const
    const other = new MockLanguageModelV4({
      doGenerate: async () => ({ content: [{ type: "text", text: "Hi" }], finishReason, usage, warnings: [] }),
      doStream: async () => ({
        stream: simulateReadableStream({
          chunks: [
            { type: "stream-start", warnings: [] },
            { type: "finish", finishReason, usage },
          ],
        }),
      }),
    })
    const model = wrapLanguageModel({ model: other, middleware: traceMiddleware() })
    const messages = await convertToModelMessages([
      user(prompt),
      {
        id: "1",
        role: "assistant",
        parts: [
          { type: "text", text: "One day," },
          { type: "custom", kind: "facet.trace", providerMetadata: { facet: { layer: 4 } } },
          { type: "custom", kind: "other.thing" },
        ],
      },
      user("And then?"),
    ])
    const generated = await generateText({ model, messages })
    const streamed = streamText({ model, messages })
    await streamed.consumeStream()
    for (const warnings of [generated.warnings, await streamed.warnings]) {
      assert.strictEqual(warnings?.length, 1)
      assert.include(JSON.stringify(warnings), "traceMiddleware")
    }
    for (const call of [...other.doGenerateCalls, ...other.doStreamCalls]) {
      assert.notInclude(JSON.stringify(call.prompt), "facet.trace")
      assert.include(JSON.stringify(call.prompt), "other.thing")
      assert.isUndefined(call.providerOptions?.["facet"])
    }
  })
})
