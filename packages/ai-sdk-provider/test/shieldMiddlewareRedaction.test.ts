/** What a judge cuts out of answers of the AI SDK's models. */
import { personalData } from "@facet/sdk/judges"
import { generateText, streamText, wrapLanguageModel } from "ai"
import { MockLanguageModelV4, simulateReadableStream } from "ai/test"
import { expect, test } from "vitest"
import { shieldMiddleware } from "../src/index.ts"

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
const finish = { finishReason: { unified: "stop" as const, raw: "stop" }, usage }
const text = "Write to jane@example.com today. That is all."
const left = text.replace("jane@example.com", "[email]")
/** What a provider tells beside the answer. */
const beside = { openai: { logprobs: ["jane", "@example.com"] } }

const model = wrapLanguageModel({
  model: new MockLanguageModelV4({
    doGenerate: async () => ({
      content: [
        { type: "reasoning", text: "Her address is jane@example.com." },
        { type: "text", text },
      ],
      ...finish,
      warnings: [],
      providerMetadata: beside,
      response: { id: "0", body: { text } },
    }),
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: "stream-start", warnings: [] },
          { type: "text-start", id: "0" },
          ...(text.match(/.{1,3}/g) ?? []).map((delta) => ({ type: "text-delta" as const, id: "0", delta })),
          { type: "text-end", id: "0" },
          { type: "tool-call", toolCallId: "1", toolName: "mail", input: '{"to":"jane@example.com"}' },
          { type: "finish", ...finish, providerMetadata: beside },
        ],
      }),
    }),
  }),
  middleware: shieldMiddleware({ judge: personalData({ kinds: ["email"], action: "redact" }), input: false }),
})

/** All that an iterable gives. */
const listOf = async <A>(values: AsyncIterable<A>): Promise<Array<A>> => {
  const list: Array<A> = []
  for await (const value of values) list.push(value)
  return list
}

test("is not in a result, nor in what a provider tells beside it", async () => {
  const result = await generateText({ model, prompt: "Who?" })
  expect([result.text, result.reasoningText]).toStrictEqual([left, "Her address is [email]."])
  expect(JSON.stringify([result.content, result.providerMetadata, result.response])).not.toMatch(/jane|@ex/)
  expect(result.providerMetadata).toMatchObject({ facet: { report: { redactedCharacters: 32 } } })
})

test("is not in a stream, whatever its parts are", async () => {
  const parts = await listOf<{ readonly type: string; readonly text?: string }>(
    streamText({ model, prompt: "Who?" }).fullStream,
  )
  expect(parts.map((part) => (part.type === "text-delta" ? part.text : "")).join("")).toBe(left)
  expect(JSON.stringify(parts)).not.toMatch(/jane|@ex|logprobs/)
  // The arguments of a call are JSON in a string: they are read, and cannot be said otherwise.
  expect(parts.findLast(({ type }) => type === "finish")).toMatchObject({ finishReason: "content-filter" })
})

test("is not in what a model is asked", async () => {
  const asked: Array<unknown> = []
  const within = new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      asked.push(prompt)
      return { content: [{ type: "text", text: "Well." }], ...finish, warnings: [] }
    },
    doStream: async ({ prompt }) => {
      asked.push(prompt)
      return { stream: simulateReadableStream({ chunks: [{ type: "finish" as const, ...finish }] }) }
    },
  })
  const judge = personalData({ kinds: ["email"], action: "redact" })
  const guarded = wrapLanguageModel({ model: within, middleware: shieldMiddleware({ judge, roles: ["user", "tool"] }) })
  const messages = [
    { role: "system" as const, content: "Write to help@example.org." },
    { role: "user" as const, content: [{ type: "text" as const, text }] },
    {
      role: "assistant" as const,
      content: [{ type: "tool-call" as const, toolCallId: "1", toolName: "find", input: {} }],
    },
    {
      role: "tool" as const,
      content: [
        {
          type: "tool-result" as const,
          toolCallId: "1",
          toolName: "find",
          output: { type: "json" as const, value: { found: "It is jane@example.com." } },
        },
      ],
    },
  ]
  const { providerMetadata } = await generateText({ model: guarded, messages, allowSystemInMessages: true })
  await listOf(streamText({ model: guarded, messages, allowSystemInMessages: true }).fullStream)
  expect(JSON.stringify(asked)).not.toMatch(/jane/)
  expect(asked).toHaveLength(2)
  for (const prompt of asked) {
    expect(JSON.stringify(prompt)).toContain(left)
    expect(JSON.stringify(prompt)).toContain("It is [email].")
    expect(JSON.stringify(prompt)).toContain("help@example.org")
  }
  expect(providerMetadata).toMatchObject({ facet: { report: { redactedInputCharacters: 32 } } })
})

test("blocks where it stands in a file", async () => {
  const judge = personalData({ kinds: ["email"], action: "redact" })
  const guarded = wrapLanguageModel({ model: new MockLanguageModelV4(), middleware: shieldMiddleware({ judge }) })
  const data = new TextEncoder().encode(text)
  const content = [{ type: "file" as const, data, mediaType: "text/plain" }]
  expect((await generateText({ model: guarded, messages: [{ role: "user", content }] })).finishReason).toBe(
    "content-filter",
  )
})
