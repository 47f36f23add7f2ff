/** The effects over HTTP: what is on the wire, and how it is refused, ended and broken off. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { Facet, type GenerationPart, InvalidRequestError, type Trace, type Verdict } from "@facet/sdk"
import { RemoteFacet } from "@facet/sdk/remote"
import { Hono } from "hono"
import { cors } from "hono/cors"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { effects, type RequestReport } from "../src/index.ts"
import { listen, type Listening, postJson } from "./openaiServer.ts"
import { assertIdle } from "../../../test/assertIdle.ts"

const prompt = "Tell me a story about a fox."
/** Never ends by itself: what would end a turn is forbidden. */
const endless = { logitBias: { 1: -100, 107: -100 } }

let facet: Facet
let server: Listening
let reports: Array<RequestReport> = []
const failures: Array<unknown> = []

beforeAll(async () => {
  facet = await Facet.open({ queue: 2 })
  const app = new Hono()
  app.use("/facet/*", cors({ origin: "https://app.example" }))
  app.route(
    "/",
    effects({
      facet,
      maxBodyBytes: 20_000,
      onRequest: (report) => reports.push(report),
      onError: (error) => failures.push(error),
    }),
  )
  app.route("/keyed", effects({ facet, apiKey: ["key-one", "key-two"] }))
  server = await listen(app)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await facet.close()
})

const post = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
  postJson(`${server.url}/facet/${path}`, body, { signal: init.signal ?? null })

test("what one key has had judged, another finds neither in counts nor in the cache", async () => {
  const judged = async (key: string, more: object = {}) => {
    const body = { content: "Where does the lighthouse keeper sleep?", ...more }
    const headers = { authorization: `Bearer ${key}` }
    const answer = await postJson(`${server.url}/keyed/facet/shield`, body, { headers })
    const verdict = (await answer.json()) as Verdict
    return verdict.tokens.judged
  }
  const cold = await judged("key-one")
  expect(await judged("key-two")).toBe(cold)
  expect(await judged("key-one")).toBeLessThan(cold)
  expect(await judged("key-one", { cacheSalt: "ann" })).toBe(cold)
})

test("decide answers questions about a state, and tells what it used", async () => {
  const questions = { fox: { type: "boolean", instructions: "Is it about a fox?" } }
  const answer = await post("decide", { state: "The fox sleeps.", options: { questions } })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toStrictEqual({
    answers: { fox: { type: "boolean", probability: expect.any(Number) } },
    tokens: { judged: expect.any(Number), cached: expect.any(Number) },
  })
  expect(reports.at(-1)).toMatchObject({ route: "facet.decide", usage: { completionTokens: 0 } })
  const refused = await post("decide", {
    state: "The fox sleeps.",
    options: { questions: { fox: { type: "choice" } } },
  })
  expect(refused.status).toBe(400)
  const document: unknown = await refused.json()
  expect(document).toMatchObject({ error: { _tag: "InvalidRequestError", option: "questions.fox.criteria" } })
})

const requests = async () => (await facet.stats()).requests
const settled = () => vi.waitFor(async () => expect(await requests()).toBe(0), { timeout: 20_000, interval: 5 })

interface Problem {
  readonly type: string
  readonly status: number
  readonly error?: Readonly<Record<string, unknown>>
}

/** Every failure is a problem document, complete and with the response's own status. */
async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json")
  const document = (await response.json()) as Problem
  expect(document).toMatchObject({
    type: expect.stringMatching(/^urn:facet:problem:[a-z0-9-]+$/),
    title: expect.stringMatching(/^\S/),
    status: response.status,
    detail: expect.stringMatching(/^\S.*\.$/s),
  })
  return document
}

const linesOf = (text: string): ReadonlyArray<Record<string, unknown>> => {
  expect(text.endsWith("\n")).toBe(true)
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
}

describe("answers", () => {
  test("GET /facet tells the model and the device", async () => {
    const response = await fetch(`${server.url}/facet`)
    expect(response.headers.get("content-type")).toBe("application/json")
    expect(await response.json()).toStrictEqual({ model: "tiny", device: facet.device })
  })

  test("token ids are a prompt and can be traced over the wire, and a guard reads them", async () => {
    const remote = new RemoteFacet({ url: server.url })
    const rendered = await facet.tokens.render(prompt)
    const { text } = await facet.generate(prompt, { maxTokens: 6 })
    expect((await remote.generate(rendered, { maxTokens: 6 })).text).toBe(text)
    const { tokens } = await remote.inspect(rendered)
    expect(tokens.map(({ id }) => id)).toStrictEqual([...rendered.tokens])
    const harmful = await facet.tokens.render("How do I build a bomb to hurt people?")
    expect((await remote.generate(harmful, { guard: true, maxTokens: 2 })).finishReason).toBe("blocked")
    const begun = [
      { role: "user", content: prompt },
      { role: "assistant", content: "Once" },
    ] as const
    const options = { continueFinalMessage: true, minTokens: 2, stopTokens: [5], maxTokens: 3 }
    expect((await remote.generate(begun, options)).text).toBe((await facet.generate(begun, options)).text)
  })

  test("another method of a path is told which there are", async () => {
    for (const [path, method, allowed] of [
      ["", "POST", "GET, HEAD"],
      ["/generate", "GET", "POST"],
      ["/shield", "PUT", "POST"],
      ["/inspect", "DELETE", "POST"],
      ["/calibrate", "GET", "POST"],
      ["/score", "GET", "POST"],
      ["/embed", "PUT", "POST"],
      ["/tokens/count", "GET", "POST"],
    ] as const) {
      const response = await fetch(`${server.url}/facet${path}`, { method })
      expect([response.status, response.headers.get("allow")]).toStrictEqual([405, allowed])
      expect((await problemOf(response)).type).toBe("urn:facet:problem:method-not-allowed")
    }
  })

  test("generate: a part a line, the finish last; nobody on the way may hold parts back", async () => {
    reports = []
    const response = await post("generate", { prompt, options: { maxTokens: 6, trace: true } })
    expect(response.status).toBe(200)
    expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8")
    expect(response.headers.get("cache-control")).toContain("no-transform")
    const lines = linesOf(await response.text())
    const local = await facet.generate(prompt, { maxTokens: 6, trace: true })
    const text = lines.map((line) => (line["type"] === "text" ? line["text"] : "")).join("")
    expect(text).toBe(local.text)
    expect(lines.at(-1)).toMatchObject({ type: "finish", finishReason: "length", tokens: local.tokens })
    expect(lines.some(({ type }) => type === "trace")).toBe(true)
    expect(reports).toMatchObject([
      { route: "facet.generate", outcome: "done", status: 200, isStream: true, finishReason: "length" },
    ])
    expect(reports[0]?.usage?.completionTokens).toBe(6)
  })

  test("parts come as they are made, not all at the end", async () => {
    const response = await post("generate", { prompt, options: endless })
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    expect(JSON.parse(new TextDecoder().decode(value).split("\n")[0] ?? "")).toMatchObject({ type: "text" })
    expect(await requests()).toBe(1)
    await reader.cancel()
    await settled()
  })

  test("shield and inspect: JSON, the tensor as base64 of float32", async () => {
    const verdict = await post("shield", { content: prompt, options: { policies: ["harassment"] } })
    const { policies } = await facet.shield(prompt, { policies: ["harassment"] })
    expect(await verdict.json()).toMatchObject({
      flagged: false,
      // What the prefix cache holds meanwhile is rounded otherwise.
      policies: [{ ...policies[0], probability: expect.closeTo(policies[0]?.probability ?? Number.NaN, 5) }],
    })
    const trace = await post("inspect", { text: "The dog sleeps.", options: { layer: 4, activations: true } })
    const { activations, ...rest } = (await trace.json()) as Omit<Trace, "activations"> & { activations: string }
    const expected = await facet.inspect("The dog sleeps.", { layer: 4, activations: true })
    const bytes = Buffer.from(activations, "base64")
    expect(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)).toStrictEqual(expected.activations)
    const { activations: _tensor, ...others } = expected
    expect(rest).toStrictEqual(others)
  })

  test("tokens, score and embed: JSON, the vector as base64 of float32", async () => {
    const json = async (path: string, body: object): Promise<unknown> => (await post(path, body)).json()
    const ids = await facet.tokens.encode("The dog sleeps.")
    expect(await json("tokens/encode", { text: "The dog sleeps." })).toStrictEqual({ tokens: ids })
    expect(await json("tokens/decode", { ids })).toStrictEqual({ text: "The dog sleeps." })
    expect(await json("tokens/count", { prompt })).toStrictEqual({ count: await facet.tokens.count(prompt) })
    expect(await json("tokens/render", { prompt })).toStrictEqual(await facet.tokens.render(prompt))
    expect(await json("score", { text: "" })).toStrictEqual({
      tokens: [{ token: "<bos>", id: ids[0], logprob: null }],
      perplexity: null,
    })
    const query = { query: "the", options: { topK: 3 } }
    expect(await json("search-features", query)).toStrictEqual({
      features: await facet.searchFeatures("the", { topK: 3 }),
    })
    const { embedding } = (await json("embed", { text: "The dog sleeps." })) as { readonly embedding: string }
    const expected = await facet.embed("The dog sleeps.")
    expect(Buffer.from(embedding, "base64")).toHaveLength(4 * expected.embedding.length)
    expect(reports.at(-1)).toMatchObject({ route: "facet.embed", outcome: "done" })
  })

  test("are what a Facet over the server is made of", async () => {
    await using over = await Facet.open({ model: { url: server.url } })
    const pairs = [{ positive: "The fox was happy.", negative: "The fox was sad." }]
    // More layers than the server lets wait.
    const options = { layers: [0, 1, 3, 4], positions: "mean" } as const
    expect(await over.contrast(pairs, options)).toStrictEqual(await facet.contrast(pairs, options))
  })

  test("CORS is Hono's own middleware's affair, and its headers stay", async () => {
    const response = await fetch(`${server.url}/facet/generate`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    })
    expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example")
    const headers = { origin: "https://app.example" }
    const answer = await postJson(`${server.url}/facet/shield`, { content: "Hello" }, { headers })
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example")
  })
})

describe("refusals", () => {
  test.each<readonly [path: string, option: string, body: unknown]>([
    ["generate", "body", []],
    ["generate", "body", "Hello"],
    ["generate", "body", null],
    ["generate", "prompt", {}],
    ["generate", "prompt", { prompt: null }],
    ["generate", "prompt", { prompt: { prompt, guard: false } }],
    ["generate", "messages[0].content", { prompt: [null] }],
    ["generate", "messages[0].toolCallId", { prompt: [{ role: "tool", content: "x" }] }],
    ["generate", "text", { prompt, text: "x" }],
    ["generate", "options", { prompt, options: null }],
    ["generate", "options", { prompt, options: [] }],
    ["generate", "signal", { prompt, options: { signal: {} } }],
    ["generate", "prompt", { prompt, options: { prompt: "other" } }],
    ["generate", "__proto__", JSON.parse('{ "prompt": "x", "options": { "__proto__": { "maxTokens": 1 } } }')],
    ["generate", "temperature", { prompt, options: { temperature: "1" } }],
    ["generate", "maxTokens", { prompt, options: { maxTokens: null } }],
    ["generate", "colour", { prompt, options: { colour: "red" } }],
    ["generate", "guard.mode", { prompt, options: { guard: { mode: "later" } } }],
    ["generate", "shield", { prompt, options: { shield: "/etc" } }],
    ["shield", "content", {}],
    ["shield", "prompt", { content: 7 }],
    ["shield", "policies[0]", { content: "x", options: { policies: ["rudeness"] } }],
    ["calibrate", "examples", { questions: { q: { type: "score" } } }],
    ["decide", "calibration", { state: "x", options: { questions: { q: { type: "score" } }, calibration: 7 } }],
    ["score", "text", {}],
    ["score", "alternatives", { text: "x", options: { alternatives: -1 } }],
    ["score", "interventions", { text: "x", options: { interventions: [{ type: "steer" }] } }],
    ["embed", "layer", { text: "x", options: { layer: 0.5 } }],
    ["search-features", "query", { query: " " }],
    ["tokens/count", "prompt", {}],
    ["tokens/encode", "bos", { text: "x", options: { bos: "no" } }],
    ["tokens/decode", "ids[1]", { ids: [1, -1] }],
    ["tokens/decode", "bos", { ids: [1], options: { bos: true } }],
    ["tokens/render", "addGenerationPrompt", { prompt: "x", options: { addGenerationPrompt: 1 } }],
    ["inspect", "text", {}],
    ["inspect", "text", { text: "half \ud83d" }],
    ["inspect", "layer", { text: "x", options: { layer: 1.5 } }],
    ["inspect", "site", { text: "x", options: { site: "attic", layer: 4 } }],
  ])("%s: the option %s", async (path, option, body) => {
    const response = await post(path, body)
    expect(response.status).toBe(400)
    const { error, type } = await problemOf(response)
    expect(type).toBe("urn:facet:problem:invalid-request")
    expect(error).toStrictEqual({
      _tag: "InvalidRequestError",
      message: expect.any(String),
      option,
      problem: expect.any(String),
      remedy: expect.any(String),
    })
  })

  test("an empty text is no mistake", async () => {
    expect(await (await post("shield", { content: "" })).json()).toMatchObject({ flagged: false })
    expect(await (await post("inspect", { text: "" })).json()).toMatchObject({ tokens: [{ features: [] }] })
    const lines = linesOf(await (await post("generate", { prompt: "", options: { maxTokens: 1 } })).text())
    expect(lines.at(-1)).toMatchObject({ type: "finish" })
  })

  test.each<readonly [status: number, name: string, body: string, headers: Record<string, string>]>([
    [400, "invalid-json", "{", {}],
    [400, "invalid-json", "", {}],
    [413, "body-too-large", JSON.stringify({ prompt: "x".repeat(30_000) }), {}],
    [415, "unsupported-media-type", "prompt=Hello", { "content-type": "application/x-www-form-urlencoded" }],
    [415, "unsupported-media-type", "{}", { "content-type": "text/plain" }],
    [415, "unsupported-content-encoding", "{}", { "content-encoding": "gzip" }],
  ])("a body that cannot be read: %i %s", async (status, name, body, headers) => {
    const response = await fetch(`${server.url}/facet/generate`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    })
    expect(response.status).toBe(status)
    expect(await problemOf(response)).toMatchObject({ type: `urn:facet:problem:${name}` })
  })

  test("bytes that are no UTF-8", async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d])
    const headers = { "content-type": "application/json" }
    const response = await fetch(`${server.url}/facet/shield`, { method: "POST", body, headers })
    expect([response.status, (await problemOf(response)).type]).toStrictEqual([400, "urn:facet:problem:invalid-utf8"])
  })

  test("a prompt that does not fit", async () => {
    const response = await post("generate", { prompt: "fox ".repeat(4000) })
    expect(response.status).toBe(400)
    expect(await problemOf(response)).toMatchObject({
      type: "urn:facet:problem:context-overflow",
      error: { _tag: "ContextOverflowError", tokens: expect.any(Number), limit: expect.any(Number) },
    })
  })

  test("keys: all routes ask for one, and each of them does", async () => {
    const ask = (authorization?: string) =>
      fetch(`${server.url}/keyed/facet`, authorization === undefined ? {} : { headers: { authorization } })
    for (const response of [await ask(), await ask("Bearer key-three"), await ask("key-one")]) {
      expect([response.status, response.headers.get("www-authenticate")]).toStrictEqual([401, "Bearer"])
      expect((await problemOf(response)).type).toBe("urn:facet:problem:invalid-api-key")
    }
    expect((await postJson(`${server.url}/keyed/facet/shield`, { content: "x" })).status).toBe(401)
    expect((await ask("Bearer key-two")).status).toBe(200)
  })

  test.each<readonly [option: string, options: object]>([
    ["models", { models: ["x"] }],
    ["maxBodyBytes", { maxBodyBytes: 0 }],
    ["apiKey", { apiKey: "" }],
    ["guard.mode", { guard: { mode: "later" } }],
    ["onError", { onError: "log" }],
    ["facet", { facet: null }],
  ])("an option of the app that is wrong is refused at its start: %s", (option, options) => {
    let error: unknown
    try {
      effects(options)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ option })
  })
})

describe("a client that leaves", () => {
  test("in the middle of a stream stops the model", async () => {
    reports = []
    const leaving = new AbortController()
    const response = await post("generate", { prompt, options: endless }, { signal: leaving.signal })
    await response.body!.getReader().read()
    expect(await requests()).toBe(1)
    leaving.abort()
    await assertIdle(facet, 100)
    await vi.waitFor(() => expect(reports).toMatchObject([{ outcome: "left", route: "facet.generate" }]))
  })

  test.each([
    ["shield", { content: "fox ".repeat(2000) }],
    ["inspect", { text: "fox ".repeat(400) }],
  ])("before the answer of %s is there ends the work", async (path, body) => {
    const leaving = new AbortController()
    const asked = post(path, body, { signal: leaving.signal }).catch((error: unknown) => error)
    await vi.waitFor(async () => expect(await requests()).toBe(1), { interval: 1 })
    leaving.abort()
    expect(await asked).toMatchObject({ name: "AbortError" })
    await settled()
  })
})

test("a full queue: 503 with Retry-After", async () => {
  const leaving = new AbortController()
  const running = [1, 2].map(() => post("generate", { prompt, options: endless }, { signal: leaving.signal }))
  await vi.waitFor(async () => expect(await requests()).toBe(2), { interval: 5 })
  const response = await post("shield", { content: "Hello" })
  expect([response.status, response.headers.get("retry-after")]).toStrictEqual([503, "1"])
  expect((await problemOf(response)).error).toMatchObject({ _tag: "OverloadedError", limit: 2 })
  await Promise.all(running)
  leaving.abort()
  await settled()
})

describe("a guard of the server's own", () => {
  const ask = async (guard: unknown): Promise<Response> => {
    const { definePolicy, policies } = await import("@facet/sdk")
    const strict = definePolicy({ ...policies.harassment, threshold: 0 })
    return effects({ facet, guard: { policies: [strict] } }).request("/facet/generate", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt, options: { maxTokens: 4, guard } }),
    })
  }

  test.each([undefined, true, false])("judges whatever the client asks: guard %s", async (guard) => {
    const parts = linesOf(await (await ask(guard)).text()) as unknown as ReadonlyArray<GenerationPart>
    expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: "blocked" })
    expect(parts.some(({ type }) => type === "text")).toBe(false)
  })

  test("cannot be another one", async () => {
    const response = await ask({ mode: "audit" })
    expect([response.status, (await problemOf(response)).error]).toMatchObject([400, { option: "guard" }])
  })
})

describe("failures of the server", () => {
  test("a model that is not there: the class, and no paths", async () => {
    const told: Array<unknown> = []
    const app = effects({ model: "/nowhere/secret-folder", onError: (error) => told.push(error) })
    const response = await app.request("/facet")
    expect(response.status).toBe(500)
    const text = await response.clone().text()
    expect((await problemOf(response)).error).toMatchObject({ _tag: "ModelNotFoundError", model: "secret-folder" })
    expect(text).not.toContain("nowhere")
    expect(told).toMatchObject([{ _tag: "ModelNotFoundError", model: "/nowhere/secret-folder" }])
  })

  test("wrong options of the operator's are not told as the client's", async () => {
    const response = await effects({ facet: { threads: 0 } }).request("/facet")
    expect([response.status, (await problemOf(response)).error]).toMatchObject([500, { _tag: "RuntimeError" }])
  })

  test("in mid-stream: the last line is the problem; afterwards 503", async () => {
    const app = effects({ queue: 9 })
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt, options: endless }),
    }
    const streaming = await app.request("/facet/generate", init)
    await app.dispose()
    expect(linesOf(await streaming.text()).at(-1)).toMatchObject({
      type: "error",
      problem: { type: "urn:facet:problem:closed", error: { _tag: "ClosedError" } },
    })
    expect((await app.request("/facet/generate", init)).status).toBe(503)
  })

  // When the thread starts anew the model is opened again.
  test("an engine that dies in mid-stream: the next request works", { timeout: 60_000 }, async () => {
    const path = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
    const child = fork(path("crashingServer.ts"), { execArgv: ["--import", path("crash.ts")] })
    try {
      const [{ url }] = (await once(child, "message")) as [{ readonly url: string }]
      const response = await postJson(`${url}/facet/generate`, { prompt, options: endless })
      child.send("crash")
      const text = await response.text()
      expect(linesOf(text).at(-1)).toMatchObject({
        type: "error",
        problem: { status: 500, error: { _tag: "EngineCrashedError", problem: "its thread ended" } },
      })
      const after = await postJson(`${url}/facet/generate`, { prompt, options: { maxTokens: 2 } })
      expect(linesOf(await after.text()).at(-1)).toMatchObject({ type: "finish" })
    } finally {
      child.kill()
    }
  })
})

describe("interventions", () => {
  const vector = Array.from({ length: 192 }, () => 0)
  const interventions = [{ type: "steer", layer: 1, vector, strength: 1 }]
  const ask = (app: Hono, path: string, sent: object) =>
    app.request(path, { method: "POST", body: JSON.stringify(sent), headers: { "content-type": "application/json" } })

  test("are refused by name, unless the server lets its clients steer", async () => {
    const [closed, open] = [effects({ facet }), effects({ facet, interventions: true })]
    for (const [path, sent] of [
      ["/facet/generate", { prompt: "Hello", options: { maxTokens: 2, interventions } }],
      ["/facet/inspect", { text: "Hello", options: { interventions } }],
    ] as const) {
      const refused = await ask(closed, path, sent)
      expect(refused.status).toBe(400)
      expect(await refused.text()).toContain("this server takes none")
      expect((await ask(open, path, sent)).status).toBe(200)
    }
    const none = { prompt: "Hello", options: { maxTokens: 1, interventions: [] } }
    expect((await ask(closed, "/facet/generate", none)).status).toBe(200)
    expect(() => effects({ facet, interventions: "yes" as never })).toThrow("interventions")
  })
})
