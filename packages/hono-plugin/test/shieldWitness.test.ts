import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { serve, type ServerType } from "@hono/node-server"
import { Facet } from "@facet/sdk"
import { verdictsOf } from "@facet/sdk/words"
import {
  createUIMessageStream,
  createUIMessageStreamResponse,
  generateText,
  parseJsonEventStream,
  readUIMessageStream,
  streamText,
  type UIMessage,
  type UIMessageChunk,
  uiMessageChunkSchema,
} from "ai"
import { MockLanguageModelV4, simulateReadableStream } from "ai/test"
import { Hono } from "hono"
import { streamText as honoText } from "hono/streaming"
import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { shield, type ShieldVariables } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

const [cat, fox] = harmless.sentences
const bad = `${cat} ${fox} ${harmful.sentence} ${fox}`
const good = `${cat} ${fox}`
let facet: Facet
let server: ServerType
let base: string
let stopped: PromiseWithResolvers<void>

const saysBad = (question: string) => question.includes("badly")
const events = (body: string) => new Response(body, { headers: { "content-type": "text/event-stream" } })

/** A model of the AI SDK that says what the test wants. */
const model = (text: string) =>
  new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: "stream-start", warnings: [] },
          { type: "text-start", id: "1" },
          ...answers.tokensOf(text).map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
          { type: "text-end", id: "1" },
          {
            type: "finish",
            finishReason: { unified: "stop", raw: "stop" },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 1, text: 1, reasoning: 0 },
            },
          },
        ],
        initialDelayInMs: null,
        chunkDelayInMs: null,
      }),
    }),
  })

beforeAll(async () => {
  facet = await Facet.open()
  const app = new Hono<{ Variables: ShieldVariables }>()
  app.use(shield({ facet, policies: ["dangerous_content"] }))
  app.post("/v1/chat/completions", async (c) => {
    const { messages, stream } = await c.req.json<{ messages: ReadonlyArray<unknown>; stream?: boolean }>()
    const text = saysBad(JSON.stringify(messages)) ? bad : good
    return stream === true ? events(answers.chatStream(text)) : c.json(answers.chatJson(text))
  })
  app.post("/v1/responses", async (c) => {
    const text = saysBad(await c.req.text()) ? bad : good
    return events(answers.responsesStream(text))
  })
  app.post("/ui", async (c) => {
    const text = saysBad(await c.req.text()) ? bad : good
    return streamText({ model: model(text), prompt: "x", abortSignal: c.var.shield.signal }).toUIMessageStreamResponse()
  })
  app.post("/made", async (c) => {
    const text = saysBad(await c.req.text()) ? bad : good
    const stream = createUIMessageStream({
      generateId: () => "msg-1",
      execute: ({ writer }) => {
        writer.write({ type: "data-note", data: { note: "Hello" } })
        writer.merge(streamText({ model: model(text), prompt: "x" }).toUIMessageStream())
      },
    })
    return createUIMessageStreamResponse({ stream })
  })
  app.post("/text", (c) => honoText(c, async (stream) => void (await stream.write(good))))
  app.post("/endless", (c) => {
    stopped = Promise.withResolvers<void>()
    c.var.shield.signal.addEventListener("abort", () => stopped.resolve())
    return new Response(
      new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          await new Promise((resolve) => setTimeout(resolve, 5))
          controller.enqueue(new TextEncoder().encode(answers.chatDelta({ content: `${fox} ` })))
        },
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  })
  server = serve({ fetch: app.fetch, port: 0 })
  await new Promise((resolve) => server.once("listening", resolve))
  const address = server.address()
  base = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  await facet.close()
})

const post = (path: string, prompt: string, signal?: AbortSignal) =>
  fetch(base + path, {
    method: "POST",
    body: JSON.stringify({ prompt }),
    headers: { "content-type": "application/json" },
    ...(signal === undefined ? {} : { signal }),
  })

describe("the openai client", () => {
  const client = () => new OpenAI({ apiKey: "none", baseURL: `${base}/v1`, maxRetries: 0 })
  const ask = (content: string) => ({ model: "m", messages: [{ role: "user", content }] as const })

  test("reads a stream that was let through, and one that was blocked", async () => {
    for (const [content, text, reason] of [
      ["Say it well.", `${cat} ${good}`, "stop"],
      ["Say it badly.", `${cat} ${good}`, "content_filter"],
    ] as const) {
      let said = ""
      let finish: string | null = null
      const { messages, model: name } = ask(content)
      for await (const chunk of await client().chat.completions.create({
        model: name,
        messages: [...messages],
        stream: true,
      })) {
        said += chunk.choices[0]?.delta.content ?? ""
        finish = chunk.choices[0]?.finish_reason ?? finish
      }
      expect(finish).toBe(reason)
      expect(said).not.toContain("bomb")
      expect(said.startsWith(cat ?? "-")).toBe(true)
      expect(said.trimEnd()).toBe(text)
    }
  })

  test("is told of what is blocked before its first byte", async () => {
    const { messages, model: name } = ask("Say it badly.")
    await expect(client().chat.completions.create({ model: name, messages: [...messages] })).rejects.toMatchObject({
      status: 422,
    })
    const question = { model: "m", messages: [{ role: "user" as const, content: harmful.question }] }
    await expect(client().chat.completions.create(question)).rejects.toMatchObject({ status: 422 })
    const answer = await client().chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "Hello" }],
    })
    expect(answer.choices[1]?.message.content).toBe(good)
  })

  test("reads Responses to their end", async () => {
    for (const [input, status] of [
      ["Say it well.", "completed"],
      ["Say it badly.", "incomplete"],
    ] as const) {
      const types: Array<string> = []
      let final: unknown
      let said = ""
      for await (const event of await client().responses.create({ model: "m", input, stream: true })) {
        types.push(event.type)
        if (event.type === "response.output_text.delta") said += event.delta
        if (event.type === "response.completed" || event.type === "response.incomplete") final = event.response
      }
      expect(types.at(-1)).toBe(`response.${status}`)
      expect(final).toMatchObject({ id: "resp_1", status })
      expect(said).not.toContain("bomb")
    }
  })
})

describe("the AI SDK", () => {
  const provider = () => createOpenAICompatible({ name: "guarded", baseURL: `${base}/v1` })

  test("gives its own finish reason for a blocked stream", async () => {
    for (const [prompt, reason] of [
      ["Say it well.", "stop"],
      ["Say it badly.", "content-filter"],
    ] as const) {
      const result = streamText({ model: provider()("m"), prompt })
      const said = await result.text
      expect(await result.finishReason).toBe(reason)
      expect(said).toContain(cat)
      expect(said).not.toContain("bomb")
    }
    await expect(
      generateText({ model: provider()("m"), prompt: harmful.question, maxRetries: 0 }),
    ).rejects.toMatchObject({ statusCode: 422 })
  })

  test.each(["/ui", "/made"])("its UI messages are valid to their end: %s", async (path) => {
    for (const [prompt, reason] of [
      ["Say it well.", "stop"],
      ["Say it badly.", "content-filter"],
    ] as const) {
      const answer = await post(path, prompt)
      expect(answer.headers.get("x-vercel-ai-ui-message-stream")).toBe("v1")
      const chunks: Array<UIMessageChunk> = []
      const stream = parseJsonEventStream({ stream: answer.body ?? new ReadableStream(), schema: uiMessageChunkSchema })
      for await (const chunk of stream) {
        if (!chunk.success) throw chunk.error
        chunks.push(chunk.value)
      }
      expect(chunks.at(-1)).toMatchObject({ type: "finish", finishReason: reason })
      let message: UIMessage | undefined
      const replayed = new ReadableStream<UIMessageChunk>({
        start: (controller) => {
          for (const chunk of chunks) controller.enqueue(chunk)
          controller.close()
        },
      })
      for await (const read of readUIMessageStream({ stream: replayed, terminateOnError: true })) message = read
      const text = message?.parts.find((part) => part.type === "text")
      expect(text).toMatchObject({ state: "done" })
      expect(text?.type === "text" ? text.text : "").toContain(cat)
      expect(JSON.stringify(message)).not.toContain("bomb")
      const verdicts = message === undefined ? [] : verdictsOf(message)
      if (reason === "stop") expect(verdicts).toEqual([])
      else expect(verdicts).toMatchObject([{ of: "output", verdict: { flagged: true } }])
    }
  })
})

describe("a real server", () => {
  test("sends a text that Hono streams", async () => {
    const answer = await post("/text", "Hello")
    expect([answer.status, await answer.text()]).toEqual([200, good])
  })

  test("tells the handler that its client has left", async () => {
    const controller = new AbortController()
    const answer = await post("/endless", "Hello", controller.signal)
    const reader = answer.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("fox")
    controller.abort()
    await stopped.promise
  })
})
