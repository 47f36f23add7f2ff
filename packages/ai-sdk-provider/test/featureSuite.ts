/**
 * What an app expects of any language model of the AI SDK, in the manner of the AI SDK's own provider suite. Nothing here
 * knows Facet: every check speaks of a `LanguageModelV4`.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import {
  asSchema,
  generateText,
  type LanguageModel,
  readUIMessageStream,
  streamText,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
} from "ai"
import { failureOf } from "./fixtures/failure.ts"
import { partsOf } from "./fixtures/parts.ts"

export interface Subject {
  readonly model: () => LanguageModelV4
  /** Its answer is longer than `tokens`, and has a full stop in it. */
  readonly prompt: string
  /** So many tokens have a full stop among them. */
  readonly tokens: number
  /** Whether it is told of tools, and so warns of none. */
  readonly hasTools?: boolean
  /** Whether it is held to JSON, and so warns of no `responseFormat`. */
  readonly hasJson?: boolean
}

type Setting = readonly [feature: string, options: Partial<LanguageModelV4CallOptions>]

const userTurn = (text: string): LanguageModelV4CallOptions["prompt"] => [
  { role: "user", content: [{ type: "text", text }] },
]

export function describeFeatures(
  name: string,
  { hasJson = false, hasTools = false, model: makeModel, prompt, tokens }: Subject,
): void {
  describe(name, () => {
    let model: LanguageModelV4 & LanguageModel
    let answer: string
    let deltas: Array<string>

    beforeAll(async () => {
      model = makeModel()
      const { textStream } = streamText({ model, prompt, maxOutputTokens: tokens, temperature: 0 })
      deltas = []
      for await (const delta of textStream) deltas.push(delta)
      answer = deltas.join("")
    })

    describe("text", () => {
      it("comes all at once as it comes in a stream", async () => {
        const { text } = await generateText({ model, prompt, maxOutputTokens: tokens, temperature: 0 })
        assert.strictEqual(text, answer)
        assert.isAbove(deltas.length, 1)
      })

      it("ends before a stop sequence, which a token may end in the middle of", async () => {
        const stop = "."
        const stopped = await generateText({
          model,
          prompt,
          maxOutputTokens: tokens,
          temperature: 0,
          stopSequences: [stop],
        })
        assert.strictEqual(stopped.text, answer.slice(0, answer.indexOf(stop)))
        assert.strictEqual(stopped.finishReason, "stop")

        const [, first = "", second = ""] = deltas
        const across = first.slice(-1) + second.slice(0, 2)
        const streamed = streamText({
          model,
          prompt,
          maxOutputTokens: tokens,
          temperature: 0,
          stopSequences: ["never said", across],
        })
        assert.strictEqual(await streamed.text, answer.slice(0, answer.indexOf(across)))
        assert.strictEqual(await streamed.finishReason, "stop")
      })

      it("is drawn anew, and the same for the same seed", async () => {
        const draw = async (seed: number) =>
          (await generateText({ model, prompt, maxOutputTokens: tokens, temperature: 2, seed })).text
        const texts = [await draw(1), await draw(2), await draw(3)]
        assert.isAbove(new Set(texts).size, 1)
        assert.strictEqual(await draw(1), texts[0])
      })
    })

    describe("a chat", () => {
      const options = { maxOutputTokens: 4, temperature: 0 }

      it("is read whole: earlier turns are part of the prompt", async () => {
        const plain = await generateText({ ...options, model, prompt: "Hello!" })
        const turns = await generateText({
          ...options,
          model,
          messages: [
            { role: "user", content: "Tell me a story." },
            { role: "assistant", content: "One day, a fox came to the river." },
            { role: "user", content: "Hello!" },
          ],
        })
        assert.isAbove(turns.usage.inputTokens ?? 0, plain.usage.inputTokens ?? NaN)
      })

      it("may have instructions", async () => {
        const plain = await generateText({ ...options, model, prompt: "Hello!" })
        const instructed = await generateText({ ...options, model, instructions: "Be a bear.", prompt: "Hello!" })
        assert.isAbove(instructed.usage.inputTokens ?? 0, plain.usage.inputTokens ?? NaN)
      })

      it("may have two turns of one role after each other", async () => {
        const { text } = await generateText({
          model,
          maxOutputTokens: 4,
          messages: [
            { role: "user", content: "Tell me a story." },
            { role: "user", content: "Of a fox." },
          ],
        })
        assert.notStrictEqual(text, "")
      })
    })

    describe("what is told of a call", () => {
      it("is `length` when the tokens are used up", async () => {
        const { finishReason } = await generateText({ model, prompt, maxOutputTokens: 5 })
        assert.strictEqual(finishReason, "length")
      })

      it("is how many tokens there were, in both ways of calling", async () => {
        const generated = await generateText({ model, prompt, maxOutputTokens: 5 })
        const streamed = await streamText({ model, prompt, maxOutputTokens: 5 }).usage
        for (const usage of [generated.usage, streamed]) {
          assert.strictEqual(usage.outputTokens, 5)
          assert.isAbove(usage.inputTokens ?? 0, 0)
          assert.strictEqual(usage.totalTokens, (usage.inputTokens ?? NaN) + 5)
        }
      })

      it("is a response of its own: id, time, model", async () => {
        const startedAt = Date.now()
        const a = await generateText({ model, prompt, maxOutputTokens: 1 })
        const b = streamText({ model, prompt, maxOutputTokens: 1 })
        const streamed = await b.response
        assert.notStrictEqual(a.response.id, streamed.id)
        for (const response of [a.response, streamed]) {
          assert.strictEqual(response.modelId, model.modelId)
          assert.isAtLeast(response.timestamp.getTime(), startedAt)
          assert.isAtMost(response.timestamp.getTime(), Date.now())
        }
      })

      it("comes in the order that the specification names", async () => {
        const { stream } = await model.doStream({ prompt: userTurn(prompt), maxOutputTokens: 4 })
        const types = (await partsOf(stream)).map(({ type }) => type)
        assert.deepStrictEqual(types.slice(0, 3), ["stream-start", "response-metadata", "text-start"])
        assert.deepStrictEqual(types.slice(-2), ["text-end", "finish"])
        assert.deepStrictEqual([...new Set(types.slice(3, -2))], ["text-delta"])
      })

      it("are the raw parts too, where they are asked for, or a warning", async () => {
        const { stream } = await model.doStream({
          prompt: userTurn(prompt),
          maxOutputTokens: 2,
          includeRawChunks: true,
        })
        const parts = await partsOf(stream)
        const warnings = parts.flatMap((part) => (part.type === "stream-start" ? part.warnings : []))
        const isWarned = warnings.some((warning) => JSON.stringify(warning).includes("includeRawChunks"))
        assert.isTrue(isWarned || parts.some(({ type }) => type === "raw"))
      })
    })

    describe("settings", () => {
      const tools: ReadonlyArray<Setting> = [
        ["tools", { tools: [{ type: "function", name: "dig", inputSchema: { type: "object" } }] }],
        ["toolChoice", { toolChoice: { type: "required" } }],
      ]
      const formats: ReadonlyArray<Setting> = [
        ["responseFormat", { responseFormat: { type: "json", schema: { type: "object" } } }],
      ]
      const unusual: ReadonlyArray<Setting> = [
        ...(hasJson ? [] : formats),
        ["reasoning", { reasoning: "high" }],
        ["headers", { headers: { "x-request-id": "1", "user-agent": "ai/7.0.0" } }],
        ...(hasTools ? [] : tools),
      ]

      for (const [feature, options] of unusual) {
        it(`has a warning that names ${feature}, in both ways of calling`, async () => {
          const call = { prompt: userTurn(prompt), maxOutputTokens: 1, ...options }
          const { warnings } = await model.doGenerate(call)
          assert.deepStrictEqual(
            warnings.map((warning) => ("feature" in warning ? warning.feature : warning.type)),
            [feature],
          )
          const [start] = await partsOf((await model.doStream(call)).stream)
          assert.deepStrictEqual(start, { type: "stream-start", warnings })
        })
      }

      it("that are honoured have none", async () => {
        const { warnings } = await model.doGenerate({
          prompt: userTurn(prompt),
          maxOutputTokens: 1,
          temperature: 0.7,
          topK: 40,
          topP: 0.9,
          presencePenalty: 0.5,
          frequencyPenalty: 0.5,
          seed: 1,
          stopSequences: ["."],
          responseFormat: { type: "text" },
          toolChoice: { type: "auto" },
          reasoning: "provider-default",
          headers: { "user-agent": "ai/7.0.173" },
        })
        assert.deepStrictEqual(warnings, [])
      })

      it("change what is said: penalties", async () => {
        const options = { model, prompt, maxOutputTokens: tokens, temperature: 0 }
        const { text } = await generateText({ ...options, frequencyPenalty: 2, presencePenalty: 2 })
        assert.notStrictEqual(text, answer)
      })
    })

    describe("an abort", () => {
      it("that came before the call is seen by both ways of calling", async () => {
        const abortSignal = AbortSignal.abort(new Error("not today"))
        const call = { prompt: userTurn(prompt), maxOutputTokens: 4, abortSignal }
        for (const attempt of [() => model.doGenerate(call), () => model.doStream(call)]) {
          const error = await failureOf((async () => attempt())())
          assert.strictEqual(error, abortSignal.reason)
        }
      })

      it("ends a prefill", async () => {
        const stop = new AbortController()
        const long = `${prompt} `.repeat(40)
        const call = generateText({ model, prompt: long, maxOutputTokens: 2, abortSignal: stop.signal })
        setTimeout(() => stop.abort(), 2)
        const error = await failureOf(call)
        assert.strictEqual(error, stop.signal.reason)
      })

      it("ends a stream that is being read", async () => {
        const stop = new AbortController()
        let said = 0
        const { fullStream } = streamText({ model, prompt, maxOutputTokens: 100, abortSignal: stop.signal })
        const types: Array<string> = []
        for await (const { type } of fullStream) {
          types.push(type)
          if (type === "text-delta" && ++said === 2) stop.abort()
        }
        assert.strictEqual(types.at(-1), "abort")
        assert.isBelow(said, 20)
      })
    })

    describe("others", () => {
      it("do not mix: concurrent calls say what each alone says", async () => {
        const prompts = ["a fox", "a bear", "a small dog", "two birds"].map((who) => `Tell me a story about ${who}.`)
        const ask = (prompt: string) => generateText({ model, prompt, maxOutputTokens: 6, temperature: 0 })
        const alone: Array<string> = []
        for (const prompt of prompts) alone.push((await ask(prompt)).text)
        const together = await Promise.all([...prompts, ...prompts].map(ask))
        assert.deepStrictEqual(
          together.map(({ text }) => text),
          [...alone, ...alone],
        )
      })

      it("are not held up by a reader who stops reading", async () => {
        const { stream } = await model.doStream({ prompt: userTurn(prompt), maxOutputTokens: 40 })
        const reader = stream.getReader()
        await reader.read()
        // It reads no more, and does not cancel either.
        const { text } = await generateText({ model, prompt, maxOutputTokens: tokens, temperature: 0 })
        assert.strictEqual(text, answer)
        await reader.cancel()
      })

      it("are served after a reader who left", async () => {
        for await (const _ of streamText({ model, prompt, maxOutputTokens: 40 }).textStream) break
        const { stream } = await model.doStream({ prompt: userTurn(prompt), maxOutputTokens: 40 })
        await stream.cancel()
        const { text } = await generateText({ model, prompt, maxOutputTokens: tokens, temperature: 0 })
        assert.strictEqual(text, answer)
      })
    })

    it("makes UI message streams that the client accepts", async () => {
      const chunks: Array<UIMessageChunk> = []
      const stream = streamText({ model, prompt, maxOutputTokens: tokens, temperature: 0 }).toUIMessageStream()
      const seen = stream.pipeThrough(
        new TransformStream<UIMessageChunk, UIMessageChunk>({
          transform: (chunk, controller) => {
            chunks.push(chunk)
            controller.enqueue(chunk)
          },
        }),
      )
      let message: UIMessage | undefined
      for await (const state of readUIMessageStream({ stream: seen, terminateOnError: true })) message = state
      const text = message?.parts.map((part) => (part.type === "text" ? part.text : "")).join("")
      assert.strictEqual(text, answer)
      const { validate } = asSchema(uiMessageChunkSchema)
      for (const chunk of chunks) assert.isTrue((await validate?.(chunk))?.success, JSON.stringify(chunk))
    })
  })
}
