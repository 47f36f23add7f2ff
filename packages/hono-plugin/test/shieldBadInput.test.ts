import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { serve } from "@hono/node-server"
import { Facet, InvalidRequestError } from "@facet/sdk"
import { type Handler as RouteHandler, Hono } from "hono"
import { HTTPException } from "hono/http-exception"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
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

function route(handler: Handler, options: ShieldRouteOptions = {}) {
  const app = new Hono<Env>()
  app.use("/chat", shield({ facet, policies: ["dangerous_content"], ...options }))
  app.all("/chat", handler)
  return app
}

const ok: Handler = (c) => c.json({ answer: cat })
const ask = {
  method: "POST",
  body: JSON.stringify({ prompt: harmless.question }),
  headers: { "content-type": "application/json" },
}
const json = { "content-type": "application/json" }
const post = (
  body: RequestInit["body"],
  headers: Record<string, string>,
): RequestInit & { readonly duplex: "half" } => ({
  method: "POST",
  ...(body === undefined ? {} : { body }),
  headers,
  duplex: "half",
})

describe("a request", () => {
  const gzip = (text: string) => new Uint8Array(gzipSync(text))
  test.each<readonly [name: string, init: RequestInit, status: number, detail: RegExp]>([
    ["that is no JSON", post("{", json), 400, /no JSON/],
    ...["application/json", "text/plain", "application/x-www-form-urlencoded"].map(
      (type) =>
        [
          `that has a name twice, as ${type}`,
          post(`{"prompt":${JSON.stringify(harmful.question)},"prompt":"x"}`, { "content-type": type }),
          400,
          /a name twice/,
        ] as const,
    ),
    ["that is no UTF-8", post(new Uint8Array([0x22, 0xff, 0x22]), json), 400, /no UTF-8/],
    [
      "that is a broken form",
      post("--x", { "content-type": "multipart/form-data; boundary=y" }),
      400,
      /no multipart form/,
    ],
    [
      "that is larger than allowed",
      post(JSON.stringify({ prompt: "x".repeat(2_000) }), json),
      413,
      /more than 1000 bytes/,
    ],
    [
      "that is larger than allowed, and does not say so",
      post(new Blob(["x".repeat(2_000)]).stream(), { "content-type": "text/plain" }),
      413,
      /more than 1000 bytes/,
    ],
    [
      "that unfolds to more than allowed",
      post(gzip(" ".repeat(100_000)), { ...json, "content-encoding": "gzip" }),
      413,
      /more than 1000 bytes/,
    ],
    ["of an unknown type", post("x", { "content-type": "application/pdf" }), 415, /application\/pdf/],
    ["in an unknown encoding", post("x", { ...json, "content-encoding": "br" }), 415, /"br"/],
    ["that is no gzip", post("x", { ...json, "content-encoding": "gzip" }), 400, /no gzip/],
    ["in an unknown charset", post("x", { "content-type": "text/plain; charset=utf-7" }), 415, /utf-7/],
    ["of token ids", post(JSON.stringify({ model: "m", prompt: [1, 2, 3] }), json), 415, /token ids/],
    [
      "with bad words in gzip",
      post(gzip(JSON.stringify({ prompt: harmful.question })), { ...json, "content-encoding": "gzip" }),
      422,
      /dangerous_content/,
    ],
  ])("%s", async (_name, init, status, detail) => {
    let calls = 0
    const app = route((c) => (calls++, c.text("x")), { maxBodyBytes: 1_000, output: false })
    const answer = await app.request("/chat", init)
    expect(answer.status).toBe(status)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(await answer.json()).toMatchObject({ status, of: "input", detail: expect.stringMatching(detail) })
    expect(calls).toBe(0)
  })

  test.each([
    [{}, 200],
    [[], 200],
    [null, 200],
    ["", 200],
    [{ messages: "none" }, 200],
    [{ messages: [null, 1, { role: 7 }, { role: "user" }, { role: "user", content: [null, { type: "text" }] }] }, 200],
    [{ messages: [{ role: "user", content: { text: harmful.question } }] }, 422],
    [{ messages: { role: "user", content: harmful.question } }, 422],
    [{ prompt: { deep: [harmful.question] } }, 422],
    [{ messages: [harmful.question] }, 422],
  ])("of a wrong shape: %j", async (body, status) => {
    const app = route(async (c) => c.json(await c.req.json()), { output: false })
    expect((await app.request("/chat", post(JSON.stringify(body), json))).status).toBe(status)
  })

  test("in gzip reaches the handler as it came", async () => {
    const bytes = gzip(JSON.stringify({ prompt: harmless.question }))
    const app = route(async (c) => c.json({ length: (await c.req.arrayBuffer()).byteLength }), { output: false })
    const answer = await app.request("/chat", post(bytes, { ...json, "content-encoding": "gzip" }))
    expect(await answer.json()).toEqual({ length: bytes.length })
  })

  test.each(["text", "arrayBuffer", "blob"] as const)(
    "that is empty is unread for the handler's %s()",
    async (read) => {
      const app = route(async (c) => c.json((await c.req[read]()).slice(0)), { output: false })
      for (const init of [post("", json), post(new Blob([]).stream(), json), { method: "GET", headers: json }])
        expect((await app.request("/chat", init)).status).toBe(200)
    },
  )

  test("that somebody has taken for a form is refused", async () => {
    const app = new Hono()
    app.use(async (c, next) => {
      await c.req.formData().catch(() => undefined)
      return next()
    })
    app.use(shield({ facet, output: false }))
    app.post("/chat", (c) => c.text("x"))
    expect((await app.request("/chat", ask)).status).toBe(400)
  })

  test('that cannot be judged passes with onError: "allow", and is reported', async () => {
    const reports: Array<ShieldReport> = []
    const app = route(async (c) => c.text(await c.req.text()), {
      onError: "allow",
      onReport: (report) => void reports.push(report),
    })
    const answer = await app.request("/chat", post("x y", { "content-type": "application/pdf" }))
    expect([answer.status, await answer.text()]).toEqual([200, "x y"])
    expect(reports[0]?.failures).toMatchObject([{ of: "input", error: { _tag: "UnreadableBodyError" } }])
    expect((await app.request("/chat", post("{", json))).status).toBe(400)
  })
})

describe("an answer", () => {
  const image = new Uint8Array([0x89, 0x50, 0xff])
  test.each<readonly [name: string, answer: () => Response, detail: RegExp]>([
    ["of an unknown type", () => new Response(image, { headers: { "content-type": "image/png" } }), /image\/png/],
    [
      "in an unknown encoding",
      () => new Response(image, { headers: { ...json, "content-encoding": "zstd" } }),
      /"zstd"/,
    ],
    ["that is no UTF-8", () => new Response(image, { headers: json }), /no UTF-8/],
    [
      "in another charset",
      () => new Response("x", { headers: { "content-type": "text/plain; charset=utf-16" } }),
      /utf-16/,
    ],
    ["of bytes without a type", () => new Response(image), /no UTF-8/],
  ])("%s", async (_name, answer, detail) => {
    const blocked = await route(answer).request("/chat", ask)
    expect(blocked.status).toBe(502)
    expect(await blocked.json()).toMatchObject({
      of: "output",
      type: "urn:facet:problem:unreadable-answer",
      detail: expect.stringMatching(detail),
    })
    const reports: Array<ShieldReport> = []
    const app = route(answer, { onError: "allow", onReport: (report) => void reports.push(report) })
    const passed = await app.request("/chat", ask)
    expect(await passed.bytes()).toEqual(await answer().bytes())
    expect(reports[0]?.failures).toMatchObject([{ of: "output", error: { _tag: "UnreadableBodyError" } }])
  })

  test("that says it is gzip and is not", async () => {
    const answer = await route(() => new Response("x", { headers: { ...json, "content-encoding": "gzip" } })).request(
      "/chat",
      ask,
    )
    expect(answer.status).toBe(502)
  })

  test.each<readonly [name: string, answer: () => Promise<Response>]>([
    // What the platform's own types do not allow, a server may send all the same.
    ["that is a stream of strings", async () => new Response(ReadableStream.from([cat as unknown as Uint8Array]))],
    [
      "that was read before",
      async () => {
        const read = new Response(cat)
        await read.text()
        return read
      },
    ],
  ])("%s is refused, and told of as failed", async (_name, answer) => {
    const reports: Array<ShieldReport> = []
    const app = route(answer, { onReport: (report) => void reports.push(report) })
    expect((await app.request("/chat", ask)).status).toBe(502)
    expect(reports.map(({ outcome }) => outcome)).toEqual(["failed"])
  })

  test("of broken JSON is judged as text", async () => {
    const answer = (text: string) =>
      route(() => new Response(`{"text":"${text}`, { headers: json })).request("/chat", ask)
    expect(await (await answer(cat ?? "")).text()).toBe(`{"text":"${cat}`)
    expect((await answer(harmful.sentence)).status).toBe(422)
  })

  test.each([
    [
      "chat",
      answers.chatStream(`${fox} ${fox}`),
      ['"error":{"message":"The event stream broke off in the middle of an event.', "[DONE]"],
    ],
    [
      "UI messages",
      answers.uiText(`${fox} ${fox}`),
      ['{"type":"error","errorText":"The event stream broke off', '"finishReason":"error"', "[DONE]"],
    ],
    ["Responses", answers.responsesStream(`${fox} ${fox}`), ["response.failed"]],
  ])("that breaks off in the middle of an event: %s", async (_name, body, ending) => {
    const half = body.slice(0, body.lastIndexOf(" ho") + 1)
    const answer = await route(() => new Response(half, { headers: { "content-type": "text/event-stream" } })).request(
      "/chat",
      ask,
    )
    const text = await answer.text()
    const whole = half.slice(0, half.lastIndexOf("\n\n") + 2)
    expect(text.startsWith(whole)).toBe(true)
    for (const word of ending) expect(text.slice(whole.length)).toContain(word)
  })
})

describe("a route that throws", () => {
  test.each<readonly [name: string, handler: Handler, status: number, text: string]>([
    ["before its answer", () => Promise.reject(new Error("secret")), 500, "Internal Server Error"],
    [
      "an HTTPException",
      () => Promise.reject(new HTTPException(418, { message: "I am a teapot" })),
      418,
      "I am a teapot",
    ],
    [
      "an exception with bad words",
      () => Promise.reject(new HTTPException(400, { message: harmful.sentence })),
      422,
      "dangerous_content",
    ],
  ])("%s: Hono's own handling stays", async (_name, handler, status, text) => {
    const app = route(handler)
    app.onError((error, c) =>
      error instanceof HTTPException ? error.getResponse() : c.text("Internal Server Error", 500),
    )
    const answer = await app.request("/chat", ask)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain(text)
  })

  test("what is no error", async () => {
    const app = route(() => Promise.reject("nothing"))
    await expect(Promise.resolve(app.request("/chat", ask))).rejects.toBe("nothing")
  })

  const breaking = (body: string, type: string) =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(body)),
        pull: () => Promise.reject(new Error("secret")),
      }),
      { headers: { "content-type": type } },
    )

  test.each([
    [
      "chat",
      answers.chatDelta({ content: `${cat} ` }) + answers.chatDelta({ content: "The fox" }),
      ['"error":{"message":"The answer broke off."', "[DONE]"],
    ],
    [
      "UI messages",
      answers.uiText("The fox").split('data: {"type":"text-end"')[0] ?? "",
      ['"type":"error"', '"type":"text-end"', '"type":"finish-step"', '"finishReason":"error"', "[DONE]"],
    ],
    [
      "Responses",
      answers.responsesStream("The fox").split("event: response.output_text.done")[0] ?? "",
      ["event: response.failed"],
    ],
    ["other events", answers.otherStream("The fox"), ["event: error", "The answer broke off."]],
  ])("in mid-stream: %s", async (_name, body, ending) => {
    let told: Promise<ShieldReport> | undefined
    let signal: AbortSignal | undefined
    const app = route((c) => {
      told = c.var.shield.report
      signal = c.var.shield.signal
      return breaking(body, "text/event-stream")
    })
    const answer = await app.request("/chat", ask)
    const text = await answer.text()
    // What was judged goes out, also the words that no sentence's end came for.
    expect(text.startsWith(body)).toBe(true)
    for (const word of ending) expect(text.slice(body.length)).toContain(word)
    expect(text).not.toContain("secret")
    expect((await told)?.error).toMatchObject({ message: "secret" })
    expect(signal?.aborted).toBe(true)
  })

  test("in mid-stream, bad words that waited stay inside", async () => {
    const body =
      answers.chatDelta({ content: `${cat} ` }) +
      answers.chatDelta({ content: "Build a bomb and kill all your neighbours" })
    const text = await (await route(() => breaking(body, "text/event-stream")).request("/chat", ask)).text()
    expect(text).not.toContain("bomb")
    expect(text).toContain("content_filter")
  })

  test.each(["application/json", "text/plain"])("in the middle of %s", async (type) => {
    const answer = await route(() => breaking(`"${cat}`, type)).request("/chat", ask)
    expect(answer.status).toBe(502)
    expect(await answer.text()).not.toContain("cat")
  })
})

describe("a guard that fails", () => {
  test("lets nothing through, and says why", async () => {
    const closed = await Facet.open()
    await closed.close()
    let calls = 0
    const app = route((c) => (calls++, c.text("x")), { facet: closed })
    const answer = await app.request("/chat", ask)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({
      type: "urn:facet:problem:guard-failed",
      tag: "ClosedError",
      of: "input",
    })
    expect(calls).toBe(0)
    const reports: Array<ShieldReport> = []
    const open = route((c) => c.text("x"), {
      facet: closed,
      onError: "allow",
      onReport: (report) => void reports.push(report),
    })
    expect(await (await open.request("/chat", ask)).text()).toBe("x")
    expect(reports[0]?.failures[0]).toMatchObject({ error: { _tag: "ClosedError" } })
  })

  test("to open does as much", async () => {
    const options = { facet: undefined, model: "/no/such/folder" } as const
    const answer = await route(ok, options).request("/chat", ask)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ tag: "ModelNotFoundError" })
    let seen: unknown
    const own = route(ok, {
      ...options,
      onBlocked: (c, { error, reason }) => ((seen = { error, reason }), c.text("busy", 503)),
    })
    expect(await (await own.request("/chat", ask)).text()).toBe("busy")
    expect(seen).toMatchObject({ reason: "failed", error: { _tag: "ModelNotFoundError" } })
    expect(await (await route(ok, { ...options, onError: "allow" }).request("/chat", ask)).json()).toEqual({
      answer: cat,
    })
  })

  test("to judge in time does as much, also in mid-stream", async () => {
    // Never judged before, and of many chunks: no machine is as fast as a timer that is due at once.
    const long = JSON.stringify({ prompt: "What does a fox eat when the winter is long and cold? ".repeat(60) })
    const before = await route(ok, { timeoutMs: 0.001 }).request("/chat", { ...ask, body: long })
    expect(before.status).toBe(503)
    expect(await before.json()).toMatchObject({ tag: "GuardTimeoutError" })
    const own = await Facet.open()
    const guard = own.guard({ policies: ["dangerous_content"] })
    await guard.input(harmless.question)
    let close = async () => {}
    const app = route(
      () => {
        const pieces = [answers.chatDelta({ content: `${cat} ` }), answers.chatDelta({ content: `${fox} ` })]
        return new Response(
          new ReadableStream(
            {
              pull: async (controller) => {
                if (pieces.length === 1) await close()
                const piece = pieces.shift()
                if (piece === undefined) return controller.close()
                controller.enqueue(new TextEncoder().encode(piece))
              },
            },
            { highWaterMark: 0 },
          ),
          { headers: { "content-type": "text/event-stream" } },
        )
      },
      { facet: own },
    )
    const released = Promise.withResolvers<void>()
    close = async () => {
      await released.promise
      await own.close()
    }
    const answer = await app.request("/chat", ask)
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toContain(cat)
    released.resolve()
    const rest: Array<string> = []
    await expect(
      (async () => {
        for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest.push(next.value)
      })(),
    ).resolves.toBeUndefined()
    expect(rest.join("")).not.toContain("fox")
    expect(rest.join("")).toContain('"error":{"message"')
    expect(rest.join("")).toContain("[DONE]")
  })
})

describe("options", () => {
  test.each<readonly [options: unknown, option: string]>([
    [{ polices: [] }, "polices"],
    [null, "options"],
    [{ policies: [] }, "policies"],
    [{ policies: ["rudeness"] }, "policies[0]"],
    [{ policies: [{ id: "x" }] }, "policies[0].promptGuideline"],
    [{ mode: "quick" }, "guard.mode"],
    [{ input: "later" }, "guard.input"],
    [{ timeoutMs: Number.NaN }, "guard.timeoutMs"],
    [{ maxBodyBytes: 0 }, "maxBodyBytes"],
    [{ maxBodyBytes: Number.NaN }, "maxBodyBytes"],
    [{ onBlocked: "no" }, "onBlocked"],
    [{ extract: {} }, "extract"],
    [{ model: "" }, "model"],
    [{ model: "tiny", facet: {} }, "model"],
    [{ facet: 7 }, "facet"],
    [{ input: false, output: false }, "guard"],
  ])("%j is refused at once", (options, option) => {
    const make = () => shield(options as ShieldRouteOptions)
    expect(make).toThrow(InvalidRequestError)
    expect(make).toThrow(expect.objectContaining({ option }))
  })

  test("a Facet that was opened here is closed here", async () => {
    const middleware = shield({ facet: { queue: 63 } })
    const app = new Hono<Env>().use(middleware).post("/chat", (c) => c.json({ answer: cat }))
    expect((await app.request("/chat", ask)).status).toBe(200)
    await middleware.dispose()
    expect((await app.request("/chat", ask)).status).toBe(503)
    await using kept = shield({ facet })
    await kept.dispose()
    expect((await facet.shield(harmless.question)).flagged).toBe(false)
  })
})

test("a body that breaks off in mid-request harms nobody", async () => {
  const app = route(ok)
  const server = serve({ fetch: app.fetch, port: 0 })
  await new Promise((resolve) => server.once("listening", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const socket = connect(port, "127.0.0.1")
  socket.write(
    'POST /chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"prompt":',
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  socket.destroy()
  const answer = await fetch(`http://127.0.0.1:${port}/chat`, ask)
  expect(answer.status).toBe(200)
  await new Promise((resolve) => server.close(resolve))
})
