import { Facet } from "@facet/sdk"
import { createParser } from "eventsource-parser"
import { type Handler as RouteHandler, Hono } from "hono"
import { compress } from "hono/compress"
import { cors } from "hono/cors"
import { etag } from "hono/etag"
import { contextStorage, getContext } from "hono/context-storage"
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest"
import { shield, type ShieldRouteOptions, type ShieldReport, type ShieldVariables } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

const [cat, fox] = harmless.sentences
let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
  await facet.shield(harmless.question)
})
afterAll(() => facet.close())

type Env = { Variables: ShieldVariables }
type Handler = RouteHandler<Env>

/** An app with one guarded route. One policy is enough to tell good from bad, and four times as fast as four. */
function route(handler: Handler, options: ShieldRouteOptions = {}) {
  const app = new Hono<Env>()
  app.use("/chat", shield({ facet, policies: ["dangerous_content"], ...options }))
  app.all("/chat", handler)
  return app
}

const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
})
const ask = post({ prompt: harmless.question })

const stream = (body: string, type = "text/event-stream", size = 40) => {
  const bytes = new TextEncoder().encode(body)
  let at = 0
  return new Response(
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve))
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, (at += size)))
      },
    }),
    { headers: { "content-type": type, "content-length": String(bytes.length), etag: '"old"' } },
  )
}

function dataOf(body: string): ReadonlyArray<string> {
  const found: Array<string> = []
  const parser = createParser({ onEvent: ({ data }) => void found.push(data) })
  parser.feed(body)
  return found
}

describe("what people send", () => {
  const uiMessage = (text: string, role = "user") => ({ id: "1", role, parts: [{ type: "text", text }] })
  const form = (text: string) => {
    const data = new FormData()
    data.set("prompt", text)
    return data
  }
  test.each<readonly [name: string, request: (text: string) => RequestInit]>([
    [
      "UI messages",
      (text) =>
        post({
          id: "c",
          trigger: "submit-message",
          messages: [uiMessage("Hello"), uiMessage("Hello there.", "assistant"), uiMessage(text)],
        }),
    ],
    [
      "an earlier UI message",
      (text) =>
        post({ id: "c", messages: [uiMessage(text), uiMessage("Hello there.", "assistant"), uiMessage("Go on.")] }),
    ],
    [
      "a text file in a UI message",
      (text) =>
        post({
          messages: [
            {
              role: "user",
              parts: [{ type: "file", mediaType: "text/plain", url: `data:text/plain;base64,${btoa(text)}` }],
            },
          ],
        }),
    ],
    ["a field besides", (text) => post({ messages: [uiMessage("Hello")], wish: text })],
    ["OpenAI's chat", (text) => post({ model: "m", messages: [{ role: "user", content: text }] })],
    [
      "OpenAI's content in parts",
      (text) => post({ model: "m", messages: [{ role: "user", content: [{ type: "text", text }] }] }),
    ],
    [
      "a system message",
      (text) =>
        post({
          model: "m",
          messages: [
            { role: "system", content: text },
            { role: "user", content: "Hello" },
          ],
        }),
    ],
    [
      "the start of an answer",
      (text) =>
        post({
          model: "m",
          messages: [
            { role: "user", content: "Hello" },
            { role: "assistant", content: text },
          ],
        }),
    ],
    ["completions", (text) => post({ model: "m", prompt: text })],
    ["completions in a list", (text) => post({ model: "m", prompt: ["Hello", text] })],
    ["Responses", (text) => post({ model: "m", input: text })],
    [
      "items of Responses",
      (text) => post({ model: "m", input: [{ role: "user", content: [{ type: "input_text", text }] }] }),
    ],
    ["instructions", (text) => post({ model: "m", input: "Hello", instructions: text })],
    ["{ prompt }", (text) => post({ prompt: text })],
    ["any JSON", (text) => post([{ a: { b: text } }])],
    [
      "escaped JSON that says it is text",
      (text) =>
        post(`{"prompt":"${text.replace(/./g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)}"}`, {
          "content-type": "text/plain",
        }),
    ],
    ["text", (text) => post(text, { "content-type": "text/plain" })],
    ["a form", (text) => ({ method: "POST", body: new URLSearchParams({ prompt: text }) })],
    ["a multipart form", (text) => ({ method: "POST", body: form(text) })],
    ["JSON in a form", (text) => ({ method: "POST", body: form(JSON.stringify({ messages: [uiMessage(text)] })) })],
  ])("%s", async (_name, request) => {
    let calls = 0
    const app = route((c) => (calls++, c.json({ answer: "Hello" })), { output: false })
    const good = await app.request("/chat", request(harmless.question))
    expect([good.status, calls]).toEqual([200, 1])
    const bad = await app.request("/chat", request(harmful.question))
    expect([bad.status, calls]).toEqual([422, 1])
    expect(bad.headers.get("content-type")).toBe("application/problem+json")
    expect(await bad.json()).toMatchObject({
      type: "urn:facet:problem:blocked",
      title: "The request was blocked",
      status: 422,
      detail: "The request violates dangerous_content.",
      of: "input",
      verdict: {
        flagged: true,
        policies: [{ policy: "dangerous_content", flagged: true, threshold: 0.5, probability: expect.closeTo(1, 0) }],
      },
    })
  })

  test("says which words of the request it was, where it is asked to", async () => {
    const app = route((c) => c.text("never"), { output: false, explain: true })
    const answer = await (await app.request("/chat", post({ prompt: harmful.question }))).text()
    // What it cost says what others asked before.
    expect(answer).not.toContain("tokens")
    expect(JSON.parse(answer)).toMatchObject({
      verdict: {
        policies: [{ reason: { side: "prompt", text: expect.stringContaining("bomb"), without: expect.any(Number) } }],
      },
    })
  })

  test("says no word of an answer that it holds back, but to the app", async () => {
    let told: string | undefined
    const app = route((c) => c.text(harmful.sentence), {
      explain: true,
      onBlocked: (_, { verdict }) => {
        told = verdict?.policies.find(({ flagged }) => flagged)?.reason?.text
        return undefined
      },
    })
    const answer = await (await app.request("/chat", post({ prompt: harmless.question }))).text()
    expect(answer).toContain('"of":"output"')
    expect(answer).not.toContain("reason")
    expect(harmful.sentence).toContain(told ?? "nothing")
  })

  test.each<readonly [name: string, handler: Handler]>([
    ["c.req.json()", async (c) => c.json(await c.req.json())],
    ["c.req.raw.json()", async (c) => c.json(await c.req.raw.json())],
    ["c.req.raw.body", async (c) => c.json(await new Response(c.req.raw.body).json())],
    ["a clone, and again", async (c) => (await c.req.raw.clone().text(), c.json(await c.req.json()))],
    ["c.req.arrayBuffer()", async (c) => c.json(JSON.parse(new TextDecoder().decode(await c.req.arrayBuffer())))],
  ])("the handler reads its request by %s", async (_name, handler) => {
    const body = { prompt: "How do I bake bread? é🦊" }
    const answer = await route(handler, { output: false }).request("/chat", post(body))
    expect(await answer.json()).toEqual(body)
    // Also after somebody else has read it, before the guard and within it.
    const app = new Hono<Env>()
    app.use(async (c, next) => (await c.req.text(), next()))
    app.use(shield({ facet, output: false, extract: async (c) => ((await c.req.json()) as typeof body).prompt }))
    app.post("/", handler)
    expect(await (await app.request("/", post(body))).json()).toEqual(body)
  })

  test("the handler reads its form, read before or not", async () => {
    const handler: Handler = async (c) => c.json([...(await c.req.formData()).values()])
    const init = () => ({ method: "POST", body: form(harmless.question) })
    expect(await (await route(handler, { output: false }).request("/chat", init())).json()).toEqual([harmless.question])
    const app = new Hono<Env>()
    app.use(async (c, next) => (await c.req.formData(), next()))
    app.use(shield({ facet, output: false }))
    app.post("/", handler)
    expect(await (await app.request("/", init())).json()).toEqual([harmless.question])
    expect((await app.request("/", { method: "POST", body: form(harmful.question) })).status).toBe(422)
  })

  test("extract tells what is judged", async () => {
    const app = route((c) => c.text("ok"), { output: false, extract: (c) => c.req.query("q") })
    expect((await app.request(`/chat?q=${encodeURIComponent(harmful.question)}`)).status).toBe(422)
    expect((await app.request("/chat", post({ prompt: harmful.question }))).status).toBe(200)
  })

  test("a request without a body says nothing", async () => {
    const reports: Array<ShieldReport> = []
    const app = route((c) => c.json({ answer: cat }), { onReport: (report) => void reports.push(report) })
    expect((await app.request("/chat")).status).toBe(200)
    expect(reports[0]?.verdicts.input).toBeUndefined()
    expect(reports[0]?.verdicts.output?.flagged).toBe(false)
  })

  test("in parallel, the handler starts at once, and nothing is released", async () => {
    let signal: AbortSignal | undefined
    const handler: Handler = (c) => {
      signal = c.var.shield.signal
      return stream(answers.chatStream(fox ?? ""))
    }
    const app = route(handler, { input: "parallel" })
    expect(await (await app.request("/chat", ask)).text()).toBe(answers.chatStream(fox ?? ""))
    expect(signal?.aborted).toBe(false)
    const bad = await app.request("/chat", post({ prompt: harmful.question }))
    expect(bad.status).toBe(422)
    expect(bad.headers.get("etag")).toBeNull()
    expect(await bad.json()).toMatchObject({ of: "input" })
    expect(signal?.aborted).toBe(true)
  })

  test("in parallel, a handler that is slow to answer keeps nobody waiting", async () => {
    const late = Promise.withResolvers<Response>()
    const app = route(() => late.promise, { input: "parallel" })
    const bad = await app.request("/chat", post({ prompt: harmful.question }))
    expect(bad.status).toBe(422)
    late.resolve(new Response("too late"))
    await late.promise
    expect(await bad.json()).toMatchObject({ of: "input" })
  })
})

describe("what routes answer", () => {
  const content = (text: string) => answers.chatStream(text)
  const events: ReadonlyArray<readonly [name: string, body: (text: string) => string]> = [
    ["chat", content],
    ["reasoning", (text) => answers.chatStream(text, (reasoning_content) => ({ reasoning_content }))],
    ["a refusal", (text) => answers.chatStream(text, (refusal) => ({ refusal }))],
    ["content in parts", (text) => answers.chatStream(text, (piece) => ({ content: [{ type: "text", text: piece }] }))],
    ["the second choice", answers.chatChoices],
    ["a tool's arguments", answers.chatTool],
    ["completions", answers.completionStream],
    ["Responses", answers.responsesStream],
    ["reasoning of Responses", (text) => answers.responsesStream(text, `${cat} `, "reasoning_summary_text")],
    ["a tool's arguments in Responses", (text) => answers.responsesStream(text, `${cat} `, "function_call_arguments")],
    ["what Responses repeat", (text) => answers.responsesStream("", text)],
    ["UI text", answers.uiText],
    ["UI reasoning", answers.uiReasoning],
    ["UI tool input", answers.uiTool],
    [
      "UI tool output",
      (text) => answers.uiStream([{ type: "tool-output-available", toolCallId: "t", output: { result: [text] } }]),
    ],
    ["UI data", (text) => answers.uiStream([{ type: "data-note", data: { text } }])],
    [
      "UI data word by word",
      (text) => answers.uiStream(answers.tokensOf(text).map((data) => ({ type: "data-delta", data }))),
    ],
    [
      "UI custom parts",
      (text) => answers.uiStream([{ type: "custom", kind: "a.b", providerMetadata: { a: { text } } }]),
    ],
    ["UI errors", (text) => answers.uiStream([{ type: "error", errorText: text }])],
    ["other events", answers.otherStream],
    ["events without JSON", answers.plainEvents],
  ]
  test.each(events)("events: %s", async (_name, body) => {
    const app = (text: string) => route(() => stream(body(text)))
    const good = await app(fox ?? "").request("/chat", ask)
    expect(good.status).toBe(200)
    expect(await good.text()).toBe(body(fox ?? ""))
    expect([good.headers.get("content-length"), good.headers.get("etag")]).toEqual([null, null])
    let report: Promise<ShieldReport> | undefined
    const bad = await route((c) => {
      report = c.var.shield.report
      return stream(body(harmful.sentence))
    }).request("/chat", ask)
    const text = await bad.text()
    expect(text).not.toContain("bomb")
    expect(text).not.toMatch(/neig|\bkill/)
    expect(await report).toMatchObject({ leakedCharacters: 0, blocked: { of: "output", reason: "flagged" } })
    // Also whoever was blocked at once hears why.
    expect(text).toMatch(/"flagged":true/)
  })

  test.each([
    ["chat", content, ["chat.completion.chunk", "content_filter", "[DONE]"]],
    ["Responses", answers.responsesStream, ["response.incomplete", "content_filter"]],
    ["UI messages", answers.uiText, ["text-end", "facet.verdict", "content-filter", "[DONE]"]],
    ["other events", answers.otherStream, ["urn:facet:problem:blocked"]],
  ])("%s: what was judged is released, and its own ending follows", async (_name, body, ending) => {
    const whole = body(`${fox} ${harmful.sentence}`)
    const bad = await route(() => stream(whole)).request("/chat", ask)
    expect(bad.status).toBe(200)
    const text = await bad.text()
    // The beginning is the original, byte for byte.
    const shared = Array.from({ length: text.length }).findIndex((_, at) => text[at] !== whole[at])
    expect(text.slice(0, shared)).toContain("garde")
    const rest = dataOf(text)
      .slice(dataOf(whole.slice(0, shared)).length)
      .join("\n")
    for (const word of ending) expect(rest).toContain(word)
  })

  test("a stream that is bad from the start has a status of its own", async () => {
    const body = answers
      .uiStream([])
      .replace(
        'data: {"type":"text-delta"',
        `data: ${JSON.stringify({ type: "text-delta", id: "1", delta: `${harmful.sentence} ` })}\n\ndata: {"type":"text-delta"`,
      )
    const bad = await route(() => stream(body)).request("/chat", ask)
    expect(bad.status).toBe(422)
    expect(await bad.json()).toMatchObject({ of: "output", detail: "The answer violates dangerous_content." })
  })

  test("JSON is judged in all its places and goes out as it came", async () => {
    const json = (make: (text: string) => object) => async (text: string) =>
      route((c) => c.json(make(text))).request("/chat", ask)
    for (const make of [answers.chatJson, answers.responsesJson, (text: string) => ({ deep: [{ text }] })]) {
      const good = await json(make)(fox ?? "")
      expect(good.status).toBe(200)
      expect(await good.text()).toBe(JSON.stringify(make(fox ?? "")))
      expect((await json(make)(harmful.sentence)).status).toBe(422)
    }
  })

  test("JSON lines", async () => {
    const app = (text: string) => route(() => stream(answers.jsonLines(text), "application/x-ndjson"))
    expect(await (await app(fox ?? "").request("/chat", ask)).text()).toBe(answers.jsonLines(fox ?? ""))
    const bad = await (await app(harmful.sentence).request("/chat", ask)).text()
    expect(bad).not.toContain("bomb")
    const last: unknown = JSON.parse(bad.trim().split("\n").at(-1) ?? "")
    expect(last).toMatchObject({ error: { type: "urn:facet:problem:blocked", verdict: { flagged: true } } })
  })

  test.each(["text/plain; charset=utf-8", "text/html", "text/plain"])(
    "%s is held until all of it was judged",
    async (type) => {
      const app = (text: string) => route(() => stream(text, type, 7))
      const good = await app(`${cat} ${fox} é🦊`).request("/chat", ask)
      expect(await good.text()).toBe(`${cat} ${fox} é🦊`)
      // Nothing was changed, so what describes it is right.
      expect(good.headers.get("etag")).toBe('"old"')
      const bad = await app(`${cat} ${fox} ${harmful.sentence}`).request("/chat", ask)
      expect(bad.status).toBe(422)
      expect(bad.headers.get("etag")).toBeNull()
      expect(await bad.text()).not.toContain("garden")
    },
  )

  test("an answer that is no success is judged too", async () => {
    const bad = await route((c) => c.json({ error: { message: harmful.sentence } }, 400)).request("/chat", ask)
    expect(bad.status).toBe(422)
    const good = await route((c) => c.json({ error: { message: "Not today." } }, 429)).request("/chat", ask)
    expect([good.status, await good.json()]).toEqual([429, { error: { message: "Not today." } }])
  })

  test("answers without a body pass as they are", async () => {
    const app = route((c) =>
      c.req.method === "HEAD" ? c.text("x", 200, { etag: '"1"' }) : c.body(null, 204, { "x-a": "1" }),
    )
    const empty = await app.request("/chat", ask)
    expect([empty.status, empty.headers.get("x-a")]).toEqual([204, "1"])
    const head = await app.request("/chat", { method: "HEAD" })
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, '"1"', ""])
    const moved = await route((c) => c.redirect("/elsewhere")).request("/chat", ask)
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/elsewhere"])
  })

  test("with output: false, the answer is as it was", async () => {
    const app = route(() => stream(content(harmful.sentence)), { output: false })
    const good = await app.request("/chat", ask)
    expect(good.headers.get("etag")).toBe('"old"')
    expect(await good.text()).toBe(content(harmful.sentence))
  })

  test("buffer releases all at once, audit all at once and always", async () => {
    const whole = content(`${fox} ${harmful.sentence}`)
    const bad = await route(() => stream(whole), { mode: "buffer" }).request("/chat", ask)
    expect(bad.status).toBe(422)
    const reports: Array<ShieldReport> = []
    const options = { mode: "audit", onReport: (report: ShieldReport) => void reports.push(report) } as const
    const audited = await route(() => stream(whole), options).request("/chat", post({ prompt: harmful.question }))
    expect(await audited.text()).toBe(whole)
    expect(reports[0]).toMatchObject({ verdicts: { input: { flagged: true }, output: { flagged: true } } })
    expect(reports[0]?.leakedCharacters).toBeGreaterThan(0)
    const text = await route(() => stream(`${cat} ${harmful.sentence}`, "text/plain"), options).request("/chat", ask)
    expect(await text.text()).toBe(`${cat} ${harmful.sentence}`)
  })
})

describe("around a route", () => {
  test("inside of compress and etag, everybody does their part", async () => {
    const app = new Hono<Env>()
    app.use(compress({ threshold: 1 }), etag(), cors({ origin: "https://a.example" }))
    app.use(async (c, next) => (c.header("x-request-id", "1"), next()))
    app.use(shield({ facet }))
    app.get("/json", (c) => c.json({ answer: `${cat} ${fox}` }))
    app.post("/json", (c) => c.json({ answer: `${cat} ${fox}` }))
    app.post("/bad", (c) => (c.header("x-own", "1"), c.json({ answer: harmful.sentence })))
    const good = await app.request("/json", { headers: { "accept-encoding": "gzip" } })
    expect([good.headers.get("content-encoding"), good.headers.get("content-length")]).toEqual(["gzip", null])
    const body = good.body?.pipeThrough(new DecompressionStream("gzip"))
    expect(await new Response(body).json()).toEqual({ answer: `${cat} ${fox}` })
    expect(good.headers.get("etag")).not.toBeNull()
    for (const path of ["/bad", "/json"]) {
      const init = path === "/bad" ? ask : post({ prompt: harmful.question })
      const bad = await app.request(path, { ...init, headers: { ...init.headers, origin: "https://a.example" } })
      expect(bad.status).toBe(422)
      expect(bad.headers.get("access-control-allow-origin")).toBe("https://a.example")
      expect(await bad.json()).toMatchObject({ type: "urn:facet:problem:blocked" })
    }
  })

  test("what a handler compressed is read, judged and sent without", async () => {
    for (const encoding of ["gzip", "deflate"] as const) {
      const compressed = (text: string) =>
        new Response(new Blob([JSON.stringify({ text })]).stream().pipeThrough(new CompressionStream(encoding)), {
          headers: {
            "content-type": "application/json",
            "content-encoding": encoding,
            "content-length": "99",
            etag: '"x"',
          },
        })
      const good = await route(() => compressed(cat ?? "")).request("/chat", ask)
      expect(await good.json()).toEqual({ text: cat })
      expect(["content-encoding", "content-length", "etag"].map((name) => good.headers.get(name))).toEqual([
        null,
        null,
        null,
      ])
      expect((await route(() => compressed(harmful.sentence)).request("/chat", ask)).status).toBe(422)
    }
  })

  test("onBlocked answers in its own words", async () => {
    const app = route((c) => c.json({ text: harmful.sentence }), {
      onBlocked: (c, { of, reason, verdict }) =>
        of === "output" ? c.json({ of, reason, flagged: verdict?.flagged }, 451, { "x-own": "1" }) : undefined,
    })
    const output = await app.request("/chat", ask)
    expect([output.status, output.headers.get("x-own")]).toEqual([451, "1"])
    expect(await output.json()).toEqual({ of: "output", reason: "flagged", flagged: true })
    expect((await app.request("/chat", post({ prompt: harmful.question }))).status).toBe(422)
  })

  test("c.var.shield tells the verdicts, and reports at the end", async () => {
    let early: unknown
    const reports: Array<ShieldReport> = []
    let told: Promise<ShieldReport> | undefined
    const app = route(
      (c) => {
        expectTypeOf(c.var.shield.signal).toEqualTypeOf<AbortSignal>()
        early = c.var.shield.verdicts
        told = c.var.shield.report
        return stream(answers.chatStream(fox ?? ""))
      },
      {
        onReport: (report) => {
          reports.push(report)
          throw new Error("ignored")
        },
      },
    )
    await (await app.request("/chat", ask)).text()
    expect(early).toMatchObject({ input: { flagged: false } })
    expect(reports).toHaveLength(1)
    expect(await told).toBe(reports[0])
    expect(reports[0]).toMatchObject({
      leakedCharacters: 0,
      heldCharacters: 0,
      failures: [],
      verdicts: { output: { flagged: false } },
    })
    expect(reports[0]?.releasedCharacters).toBe(`${cat} ${fox}`.length)
  })

  test("a handler runs in the async context of its request", async () => {
    const app = new Hono<{ Variables: { own: string } & ShieldVariables }>()
    app.use(contextStorage())
    app.use(async (c, next) => (c.set("own", c.req.header("x-own") ?? ""), next()))
    app.use(shield({ facet }))
    app.post("/", (c) => c.json({ own: getContext<{ Variables: { own: string } }>().var.own }))
    const all = await Promise.all(
      ["one", "two", "three"].map(async (own) => {
        const answer = await app.request("/", post({ prompt: harmless.question }, { "x-own": own }))
        return ((await answer.json()) as { own: string }).own
      }),
    )
    expect(all).toEqual(["one", "two", "three"])
  })

  test("a block in mid-stream stops the source", async () => {
    const cancelled = Promise.withResolvers<void>()
    let signal: AbortSignal | undefined
    const pieces = [answers.chatDelta({ content: `${cat} ` }), answers.chatDelta({ content: `${harmful.sentence} ` })]
    const app = route((c) => {
      signal = c.var.shield.signal
      return new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller) => {
            const piece = pieces.shift()
            // After its bad sentence it never ends by itself.
            if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece))
            else return new Promise<void>(() => {})
            return undefined
          },
          cancel: () => cancelled.resolve(),
        }),
        { headers: { "content-type": "text/event-stream" } },
      )
    })
    const bad = await app.request("/chat", ask)
    expect(await bad.text()).toContain("content_filter")
    await cancelled.promise
    expect(signal?.aborted).toBe(true)
  })

  test("a client that leaves stops the source", async () => {
    for (const leave of ["cancel", "abort"]) {
      const cancelled = Promise.withResolvers<void>()
      const controller = new AbortController()
      let told: Promise<ShieldReport> | undefined
      let signal: AbortSignal | undefined
      const app = route((c) => {
        signal = c.var.shield.signal
        told = c.var.shield.report
        const first = [answers.chatDelta({ content: `${cat} ` }), answers.chatDelta({ content: "The" })]
        return new Response(
          new ReadableStream<Uint8Array>({
            pull: (to) => {
              const piece = first.shift()
              if (piece !== undefined) to.enqueue(new TextEncoder().encode(piece))
              else return new Promise<void>(() => {})
              return undefined
            },
            cancel: () => cancelled.resolve(),
          }),
          { headers: { "content-type": "text/event-stream" } },
        )
      })
      const answer = await app.request("/chat", { ...ask, signal: controller.signal })
      const reader = answer.body?.getReader()
      expect(new TextDecoder().decode((await reader?.read())?.value)).toContain(cat)
      if (leave === "cancel") await reader?.cancel("enough")
      else {
        controller.abort(new Error("gone"))
        await expect(reader?.read()).rejects.toThrow("gone")
      }
      await cancelled.promise
      expect(signal?.aborted).toBe(true)
      expect((await told)?.blocked).toBeUndefined()
    }
    expect(await facet.stats()).toMatchObject({})
  })
})

test("a bad sentence does not drown among good ones", async () => {
  const text = `${cat} ${fox} It is a warm day. ${harmful.sentence} ${fox} ${cat}`
  for (const answer of [
    () => Response.json({ text }),
    () => new Response(text),
    () => new Response(answers.chatDelta({ content: text }), { headers: { "content-type": "text/event-stream" } }),
  ]) {
    expect((await route(answer).request("/chat", ask)).status).toBe(422)
  }
})
