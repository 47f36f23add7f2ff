/** Clients that leave, a queue that is full, a guard that blocks, engines that crash, models that are not there. */
import { Facet } from "@facet/sdk"
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { generateText } from "ai"
import { Hono } from "hono"
import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { openai, type RequestReport } from "../src/index.ts"
import { all, endless, listen, type Listening, postJson } from "./openaiServer.ts"
import { assertIdle } from "../../../test/assertIdle.ts"

const messages = [{ role: "user" as const, content: "Tell me a story about a fox." }]
const model = "tiny-gemma-it"
const long = { ...endless, model, messages, temperature: 0 }

let facet: Facet
let server: Listening
let client: OpenAI
let reports: Array<RequestReport> = []

beforeAll(async () => {
  facet = await Facet.open({ queue: 2 })
  const app = new Hono()
  app.route("/", openai({ facet, onRequest: (report) => reports.push(report) }))
  app.get("/v1/own", (c) => c.text("the app's own"))
  server = await listen(app)
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await facet.close()
})

const requests = async () => (await facet.stats()).requests
const settled = () => vi.waitFor(async () => expect(await requests()).toBe(0), { timeout: 20_000, interval: 5 })

describe("a client that leaves", () => {
  test("in the middle of a stream stops the model", async () => {
    reports = []
    const stream = await client.chat.completions.create({ ...long, stream: true })
    let chunks = 0
    for await (const _ of stream) {
      expect(await requests()).toBe(1)
      if (++chunks === 5) break
    }
    await assertIdle(facet, 100)
    await vi.waitFor(() => expect(reports).toHaveLength(1))
    expect(reports[0]).toMatchObject({ outcome: "left", usage: undefined, finishReason: undefined, isStream: true })
  })

  test("before a whole answer is there stops the model", async () => {
    reports = []
    const leaving = new AbortController()
    const asked = client.chat.completions.create(long, { signal: leaving.signal }).catch((error: unknown) => error)
    await vi.waitFor(async () => expect(await requests()).toBe(1), { interval: 5 })
    leaving.abort()
    expect(await asked).toBeInstanceOf(OpenAI.APIUserAbortError)
    await assertIdle(facet, 100)
    await vi.waitFor(() => expect(reports).toHaveLength(1))
    expect(reports[0]).toMatchObject({ outcome: "left", status: 499 })
  })

  test("while it waits its turn gives its place back", async () => {
    const leaving = new AbortController()
    const options = { signal: leaving.signal }
    const asked = [1, 2].map(() => client.chat.completions.create(long, options).catch((error: unknown) => error))
    await vi.waitFor(async () => expect(await requests()).toBe(2), { interval: 5 })
    leaving.abort()
    await Promise.all(asked)
    await settled()
  })

  test("no reader, no hurry: a stream that nobody reads does not keep others from being served", async () => {
    const stalled = await postJson(`${server.url}/v1/chat/completions`, { ...long, stream: true })
    const other = await client.chat.completions.create({ ...long, max_tokens: 3 })
    expect(other.usage?.completion_tokens).toBe(3)
    await stalled.body?.cancel()
    await settled()
  })
})

test("a full queue: 503 with Retry-After, in streams too, and the client's typed error", async () => {
  const leaving = new AbortController()
  const running = [1, 2].map(() =>
    client.chat.completions.create(long, { signal: leaving.signal }).catch((error: unknown) => error),
  )
  await vi.waitFor(async () => expect(await requests()).toBe(2), { interval: 5 })
  for (const stream of [false, true]) {
    const response = await postJson(`${server.url}/v1/chat/completions`, { ...long, stream })
    expect(response.status).toBe(503)
    expect(response.headers.get("retry-after")).toBe("1")
    expect(response.headers.get("content-type")).toBe("application/json")
    expect(await response.json()).toMatchObject({ error: { type: "server_error", code: "overloaded" } })
  }
  await expect(client.moderations.create({ input: "Hello" })).rejects.toBeInstanceOf(OpenAI.InternalServerError)
  leaving.abort()
  await Promise.all(running)
  await settled()
  expect((await client.chat.completions.create({ ...long, max_tokens: 2 })).choices).toHaveLength(1)
})

test("a client that tries again, as OpenAI's does by itself, gets through", async () => {
  const leaving = new AbortController()
  const running = [1, 2].map(() =>
    client.chat.completions.create(long, { signal: leaving.signal }).catch((error: unknown) => error),
  )
  await vi.waitFor(async () => expect(await requests()).toBe(2), { interval: 5 })
  setTimeout(() => leaving.abort(), 300)
  const patient = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 3 })
  expect((await patient.chat.completions.create({ ...long, max_tokens: 2 })).choices).toHaveLength(1)
  await Promise.all(running)
})

test("the app's own routes under /v1 stay its own; other methods of ours are told which there are", async () => {
  expect(await (await fetch(`${server.url}/v1/own`)).text()).toBe("the app's own")
  for (const [path, method, allowed] of [
    ["chat/completions", "GET", "POST"],
    ["completions", "PUT", "POST"],
    ["responses", "GET", "POST"],
    ["embeddings", "DELETE", "POST"],
    ["moderations", "GET", "POST"],
    ["models", "POST", "GET, HEAD"],
    ["models/tiny", "DELETE", "GET, HEAD"],
  ] as const) {
    const response = await fetch(`${server.url}/v1/${path}`, { method })
    expect([response.status, response.headers.get("allow")]).toStrictEqual([405, allowed])
    expect(await response.json()).toMatchObject({ error: { code: "method_not_allowed" } })
  }
})

describe("with a guard", () => {
  /** Flags everything, whatever the model that judges was trained for. */
  const strict = async (input: boolean) => {
    const { definePolicy, policies } = await import("@facet/sdk")
    return { input, policies: [definePolicy({ ...policies.harassment, threshold: 0 })] }
  }

  test.each([true, false])("what is flagged ends with content_filter (input: %s)", async (input) => {
    const guarded = await listen(openai({ facet, guard: await strict(input) }))
    const guardedClient = new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey: "none", maxRetries: 0 })
    const request = { model, messages, temperature: 0, max_tokens: 10 }
    const answer = await guardedClient.chat.completions.create(request)
    expect(answer.choices[0]).toMatchObject({ message: { content: "" }, finish_reason: "content_filter" })
    const chunks = await all(await guardedClient.chat.completions.create({ ...request, stream: true }))
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("")
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("content_filter")
    const provider = createOpenAICompatible({ name: "facet", baseURL: `${guarded.url}/v1` })
    const generated = await generateText({ model: provider.chatModel(model), messages, maxOutputTokens: 10 })
    expect(generated).toMatchObject({ text: "", finishReason: "content-filter" })
    await guarded[Symbol.asyncDispose]()
  })

  test("in audit nothing is held back, and whoever counts is told what was flagged", async () => {
    const told: Array<RequestReport> = []
    const { policies } = await strict(true)
    const app = openai({ facet, guard: { mode: "audit", policies }, onRequest: (report) => told.push(report) })
    const response = await app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages, temperature: 0, max_tokens: 10 }),
    })
    const { text } = await facet.generate(messages, { maxTokens: 10 })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: text }, finish_reason: "length" }] })
    expect(told).toMatchObject([{ outcome: "done", flagged: 2, finishReason: "length" }])
  })

  test("a guard that cannot judge in time lets nothing through, unless it was told to", async () => {
    const failures: Array<unknown> = []
    const ask = async (onError: "block" | "allow") => {
      const app = openai({ facet, guard: { timeoutMs: 0.001, onError }, onError: (error) => failures.push(error) })
      const body = JSON.stringify({ messages, temperature: 0, max_tokens: 3 })
      const headers = { "content-type": "application/json" }
      return app.request("/v1/chat/completions", { method: "POST", headers, body })
    }
    const refused = await ask("block")
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: "guard_timeout" } }])
    expect(failures).toMatchObject([{ _tag: "GuardTimeoutError" }])
    expect((await ask("allow")).status).toBe(200)
    // One for what came in, at least one for what went out.
    expect(failures.length).toBeGreaterThanOrEqual(3)
  })

  test("what is not flagged comes as without one", async () => {
    const request = { model, messages, temperature: 0, max_tokens: 10 }
    const guarded = await listen(openai({ facet, guard: { mode: "buffer", policies: ["sexually_explicit"] } }))
    const guardedClient = new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey: "none", maxRetries: 0 })
    const [plain, judged] = [
      await client.chat.completions.create(request),
      await guardedClient.chat.completions.create(request),
    ]
    expect(judged.choices).toStrictEqual(plain.choices)
    await guarded[Symbol.asyncDispose]()
  })
})

describe("opening", () => {
  test("happens at the first request, once; dispose closes what was opened", async () => {
    const app = openai({ model: "tiny", queue: 7 })
    const ask = () =>
      app.request("/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages, max_tokens: 2 }),
      })
    const answers = await Promise.all([ask(), ask()])
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 200])
    const streaming = await app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...endless, messages, stream: true }),
    })
    await app.dispose()
    const text = await streaming.text()
    expect(text).toContain('"code":"shutting_down"')
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true)
    const after = await ask()
    expect(after.status).toBe(503)
    expect(await after.json()).toMatchObject({ error: { code: "shutting_down" } })
  })

  test("a model that is not there is the operator's affair: the client is told no paths", async () => {
    const failures: Array<unknown> = []
    const app = openai({ model: "/nowhere/secret-folder", onError: (error) => failures.push(error) })
    const response = await app.request("/v1/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "Once" }),
    })
    expect(response.status).toBe(500)
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({ error: { type: "server_error", code: "model_unavailable" } })
    expect(body).not.toContain("nowhere")
    expect(failures).toMatchObject([{ _tag: "ModelNotFoundError", model: "/nowhere/secret-folder" }])
  })

  test("an open Facet is never closed here", async () => {
    await openai({ facet }).dispose()
    expect(await requests()).toBe(0)
  })
})

test("a hook that throws does no harm", async () => {
  const app = openai({
    facet,
    onRequest: () => {
      throw new Error("counter is broken")
    },
  })
  expect((await app.request("/v1/models")).status).toBe(200)
})

// Each time the thread starts anew the model is opened again.
test(
  "an engine that dies: an error frame and [DONE] in a stream, 500 else; the next request works",
  { timeout: 60_000 },
  async () => {
    const path = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
    const child = fork(path("crashingServer.ts"), { execArgv: ["--import", path("crash.ts")] })
    try {
      const [{ url }] = (await once(child, "message")) as [{ readonly url: string }]
      const other = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 })
      const options = long
      const failure = once(child, "message")
      const response = await postJson(`${url}/v1/chat/completions`, { ...options, stream: true })
      child.send("crash")
      const events = (await response.text()).split("\n\n")
      expect(events[0]).toContain('"role":"assistant"')
      expect(events.slice(-3)).toStrictEqual([
        expect.stringMatching(/^data: \{"error":\{"message":"The engine stopped .*"code":"engine_crashed"\}\}$/),
        "data: [DONE]",
        "",
      ])
      expect((await failure)[0]).toStrictEqual({ failure: "EngineCrashedError" })
      // The new thread is up again.
      await other.chat.completions.create({ ...options, max_tokens: 1 })
      const whole = other.chat.completions.create(options)
      setTimeout(() => child.send("crash"), 100)
      await expect(whole).rejects.toBeInstanceOf(OpenAI.InternalServerError)
      const after = await other.chat.completions.create({ ...options, max_tokens: 3 })
      expect(after.usage?.completion_tokens).toBe(3)
    } finally {
      child.kill()
    }
  },
)
