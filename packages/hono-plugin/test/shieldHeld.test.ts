/** What a route's answer may have held until it is judged, and whose judgements are whose. */
import { Facet, InvalidRequestError } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { shield, type ShieldReport, type ShieldRouteOptions } from "../src/index.ts"
import { harmless } from "./fixtures/sentences.ts"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
  await facet.shield(harmless.question)
})
afterAll(() => facet.close())

const limit = 64 * 1024
const chunk = 4 * 1024

/** An answer that never ends, and how much of it was read. */
function endless(type: string, start: string, options: ShieldRouteOptions = {}, pieces = " ".repeat(chunk)) {
  const told = { read: 0, reports: new Array<ShieldReport>() }
  const app = new Hono()
  const onReport = (report: ShieldReport) => void told.reports.push(report)
  app.use(shield({ facet, input: false, policies: ["dangerous_content"], maxHeldBytes: limit, onReport, ...options }))
  app.get("/", () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
      pull: async (controller) => {
        await new Promise((resolve) => setImmediate(resolve))
        told.read += chunk
        controller.enqueue(new TextEncoder().encode(pieces))
      },
    })
    return new Response(body, { headers: { "content-type": type } })
  })
  return { told, ask: async () => app.request("/") }
}

describe("an answer that is held until it is judged", () => {
  test.each([
    ["JSON", "application/json", '["', {}],
    ["text", "text/plain", "", {}],
    ["an event without an end", "text/event-stream", "data: ", {}],
    ["a line without an end", "application/x-ndjson", '["', {}],
  ] as const)("has a limit of bytes: %s", async (_name, type, start, options) => {
    const { ask, told } = endless(type, start, options)
    const answer = await ask()
    expect([answer.status, answer.headers.get("content-type")]).toStrictEqual([502, "application/problem+json"])
    expect(await answer.json()).toMatchObject({ of: "output", detail: expect.stringContaining(`more than ${limit}`) })
    expect(told.read).toBeLessThan(limit + 8 * chunk)
    expect(told.reports.length).toBe(1)
  })

  test("has it too in mode buffer, however short its events are", async () => {
    const event = `data: ${JSON.stringify({ id: "a".repeat(40) })}\n\n`
    const pieces = event.repeat(Math.ceil(chunk / event.length))
    const { ask, told } = endless("text/event-stream", "", { mode: "buffer" }, pieces)
    const answer = await ask()
    expect(answer.status).toBe(502)
    expect(told.read).toBeLessThan(limit + 8 * chunk)
  })

  test("in a stream counts what one event holds, not what went out", async () => {
    const body = `data: ${JSON.stringify({ id: "a" })}\n\n`.repeat(1_000)
    const chunked = new Hono()
    chunked.use(shield({ facet, input: false, policies: ["dangerous_content"], maxHeldBytes: 2_000 }))
    chunked.get("/", () => {
      const events = ReadableStream.from(
        Array.from({ length: 1_000 }, () => new TextEncoder().encode(body.slice(0, 18))),
      )
      return new Response(events, { headers: { "content-type": "text/event-stream" } })
    })
    expect(await (await chunked.request("/")).text()).toBe(body)
  })

  test("goes through where what cannot be judged may, and the report says so", async () => {
    const reports: Array<ShieldReport> = []
    const app = new Hono()
    const onReport = (report: ShieldReport) => void reports.push(report)
    app.use(shield({ facet, input: false, maxHeldBytes: 10, onError: "allow", onReport }))
    app.get("/", (c) => c.json({ text: "A cat sat on a mat." }))
    const answer = await app.request("/")
    expect([answer.status, await answer.json()]).toStrictEqual([200, { text: "A cat sat on a mat." }])
    expect(reports[0]?.failures[0]?.error).toMatchObject({ _tag: "UnreadableBodyError", reason: "too large" })
  })

  test("has one that makes sense", () => {
    for (const maxHeldBytes of [0, -1, 1.5, NaN]) expect(() => shield({ maxHeldBytes })).toThrow(InvalidRequestError)
  })
})

describe("clients of a guarded route", () => {
  test("share no prefixes of what is judged", async () => {
    await using own = await Facet.open()
    const cached: Array<number> = []
    const app = new Hono()
    const onReport = ({ tokens }: ShieldReport) => void cached.push(tokens.cached)
    const clientOf = (c: { req: { header: (name: string) => string | undefined } }) => c.req.header("x-user")
    app.use(shield({ facet: own, output: false, policies: ["harassment"], clientOf, onReport }))
    app.post("/", (c) => c.text("ok"))
    const ask = (user: string) =>
      app.request("/", {
        method: "POST",
        body: JSON.stringify({ prompt: "My secret plan is to bake a very large cake for everybody." }),
        headers: { "content-type": "application/json", "x-user": user },
      })
    for (const user of ["one", "two", "one", "two"]) expect(await (await ask(user)).text()).toBe("ok")
    const [first = 0, another = 0, again = 0] = cached
    expect(another).toBe(first)
    expect(again).toBeGreaterThan(first)
  })

  test("are told apart by a function", () => {
    // What TypeScript refuses, JavaScript can still write.
    expect(() => shield({ clientOf: "x" as never })).toThrow(InvalidRequestError)
  })
})
