/** One client does not hold the whole queue. */
import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest"
import { effects, openai, type ServerOptions } from "../src/index.ts"
import { endless } from "./openaiServer.ts"

let facet: Facet

beforeAll(async () => {
  facet = await Facet.open({ queue: 8 })
})
afterAll(() => facet.close())

const messages = [{ role: "user", content: "Tell me a story about a fox." }]
const leaving: Array<AbortController> = []
const settled = () => vi.waitFor(async () => expect((await facet.stats()).requests).toBe(0), { interval: 5 })
afterEach(async () => {
  for (const controller of leaving.splice(0)) controller.abort()
  await settled()
})

/** As `@hono/node-server` tells who asks. */
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })

function served(options: ServerOptions) {
  const app = new Hono()
  app.route("/", openai({ facet, ...options }))
  app.route("/", effects({ facet, ...options }))
  return (
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
    env: object = from("10.0.0.1"),
  ) => {
    const controller = new AbortController()
    leaving.push(controller)
    const init = { method: "POST", body: JSON.stringify(body), signal: controller.signal }
    const asked = app.request(path, { ...init, headers: { "content-type": "application/json", ...headers } }, env)
    return Promise.resolve(asked).then((answer) => ({ answer, controller }))
  }
}

const long = { messages, temperature: 0, stream: true, ...endless }
const chat = "/v1/chat/completions"
const short = { content: "Hello" }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

test("of one key: others are served, and a place is free as soon as its request is over", async () => {
  const ask = served({ apiKey: ["one", "two"], maxPerClient: 2 })
  const first = await ask(chat, long, bearer("one"))
  const second = await ask(
    "/facet/generate",
    { prompt: "Hello", options: { logitBias: { 1: -100, 107: -100 } } },
    bearer("one"),
  )
  expect([first.answer.status, second.answer.status]).toStrictEqual([200, 200])
  // The same key in other letters around it, at another address.
  const third = await ask(chat, long, { authorization: "bearer   one" }, from("10.0.0.2"))
  expect([third.answer.status, third.answer.headers.get("retry-after")]).toStrictEqual([429, "1"])
  expect(await third.answer.json()).toMatchObject({ error: { code: "too_many_requests" } })
  const fourth = await ask("/facet/shield", short, bearer("one"))
  expect([fourth.answer.status, fourth.answer.headers.get("retry-after")]).toStrictEqual([429, "1"])
  expect(await fourth.answer.json()).toMatchObject({ type: "urn:facet:problem:too-many-requests", status: 429 })
  expect((await ask("/facet/shield", short, bearer("two"))).answer.status).toBe(200)
  await first.answer.body?.cancel()
  await vi.waitFor(async () => expect((await ask("/facet/shield", short, bearer("one"))).answer.status).toBe(200))
  await second.answer.body?.cancel()
})

test("of one address where there are no keys, whatever headers it makes up", async () => {
  const ask = served({ maxPerClient: 1 })
  const { answer } = await ask(chat, long)
  expect((await ask(chat, long, bearer("made up"))).answer.status).toBe(429)
  expect((await ask("/facet/shield", short, { "x-forwarded-for": "10.9.9.9" })).answer.status).toBe(429)
  expect((await ask("/facet/shield", short, {}, from("10.0.0.2"))).answer.status).toBe(200)
  // Nobody knows who asks: the queue alone is the limit.
  expect((await ask("/facet/shield", short, {}, {})).answer.status).toBe(200)
  await answer.body?.cancel()
})

test("as the app tells clients apart", async () => {
  const ask = served({ maxPerClient: 1, clientOf: (c) => c.req.header("x-session") })
  const { answer } = await ask(chat, long, { "x-session": "a" })
  expect((await ask("/facet/shield", short, { "x-session": "a" })).answer.status).toBe(429)
  expect((await ask("/facet/shield", short, { "x-session": "b" })).answer.status).toBe(200)
  expect((await ask("/facet/shield", short)).answer.status).toBe(200)
  await answer.body?.cancel()
})

test("requests that fail give their place back, and those that take none are never refused", async () => {
  const ask = served({ maxPerClient: 1 })
  for (let i = 0; i < 3; i++) {
    expect((await ask(chat, { messages: [{ role: "user", content: "word ".repeat(9_000) }] })).answer.status).toBe(400)
  }
  const { answer } = await ask(chat, long)
  const app = new Hono().route("/", effects({ facet, maxPerClient: 1 }))
  expect((await app.request("/facet", {}, from("10.0.0.1"))).status).toBe(200)
  await answer.body?.cancel()
})

test("half of the queue by default", async () => {
  const app = effects({ queue: 2 })
  const ask = async (env: object) => {
    const controller = new AbortController()
    leaving.push(controller)
    return app.request(
      "/facet/generate",
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ prompt: "Hello", options: { logitBias: { 1: -100, 107: -100 } } }),
        signal: controller.signal,
      },
      env,
    )
  }
  const first = await ask(from("10.0.0.1"))
  expect([first.status, (await ask(from("10.0.0.1"))).status]).toStrictEqual([200, 429])
  const other = await ask(from("10.0.0.2"))
  expect(other.status).toBe(200)
  await Promise.all([first.body?.cancel(), other.body?.cancel()])
  await app.dispose()
})

test.each<readonly [ServerOptions, string]>([
  [{ maxPerClient: 0 }, "maxPerClient: "],
  [{ maxPerClient: 1.5 }, "maxPerClient: "],
])("%j is refused", (options, message) => {
  expect(() => openai({ facet, ...options })).toThrow(message)
  expect(() => effects({ facet, ...options })).toThrow(message)
})

test("several answers at once hold a place each, and no more than there are", async () => {
  const ask = served({ maxPerClient: 3 })
  const first = await ask(chat, { ...long, n: 6 })
  const reader = first.answer.body!.getReader()
  await reader.read()
  // What is read makes room for the next piece.
  for (let i = 0; i < 8; i++) await reader.read()
  expect((await facet.stats()).requests).toBe(3)
  const second = await ask("/facet/shield", short)
  expect(second.answer.status).toBe(429)
  const other = await ask("/facet/shield", short, {}, from("10.0.0.2"))
  expect(other.answer.status).toBe(200)
  first.controller.abort()
  await reader.cancel()
  await settled()
  expect((await ask("/facet/shield", short)).answer.status).toBe(200)
})
