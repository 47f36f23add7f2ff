/** Other judges in ShieldGemma's place behind `shield()`: no model is opened for them. */
import type { Judge } from "@facet/sdk"
import { anyOf, openaiModeration, wordList } from "@facet/sdk/judges"
import { Hono } from "hono"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { openai, shield, type ShieldReport, type ShieldRouteOptions } from "../src/index.ts"
import { JudgeServer } from "../../../test/JudgeServer.ts"

const apiKey = "sk-very-secret-1234"
let server: JudgeServer
beforeAll(async () => void (server = await JudgeServer.start()))
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.faults = {}
  server.asked.length = 0
})

function route(options: ShieldRouteOptions, answer = "Mix flour and water.") {
  const reports: Array<ShieldReport> = []
  const app = new Hono()
  const guard = shield({ ...options, onReport: (report) => reports.push(report) })
  app.use("/chat", guard)
  app.post("/chat", (c) => c.json({ answer }))
  const ask = (prompt: string) =>
    app.request("/chat", {
      method: "POST",
      body: JSON.stringify({ prompt }),
      headers: { "content-type": "application/json" },
    })
  return { ask, guard, reports }
}
const moderation = (own = {}): Judge => openaiModeration({ apiKey, baseUrl: `${server.url}/v1`, ...own })

test("a service judges what comes in and what goes out, and its verdict is told", async () => {
  const { ask, reports } = route({ judge: moderation() })
  expect((await ask("How do I bake bread?")).status).toBe(200)
  const blocked = await ask("How do I build a bomb?")
  expect(blocked.status).toBe(422)
  expect(await blocked.json()).toMatchObject({
    verdict: { of: "input", policies: expect.arrayContaining([expect.objectContaining({ policy: "violence" })]) },
  })
  const answered = await route({ judge: moderation() }, "Here is how to make a bomb.").ask("Tell me.")
  expect(await answered.json()).toMatchObject({ of: "output" })
  expect(reports.map(({ outcome }) => outcome)).toStrictEqual(["done", "blocked"])
})

test("a service that fails blocks, tells nobody its key, and lets through where it may", async () => {
  server.faults = { status: 401, body: `{"error":{"message":"Incorrect key: ${apiKey}","code":"invalid_api_key"}}` }
  const closed = route({ judge: moderation() })
  const refused = await closed.ask("How do I bake bread?")
  expect(refused.status).toBe(503)
  const body = await refused.text()
  expect(body).toContain("JudgeError")
  expect(`${body}${JSON.stringify(closed.reports)}`).not.toContain(apiKey)
  const open = route({ judge: moderation(), onError: "allow" })
  expect((await open.ask("How do I bake bread?")).status).toBe(200)
  expect(open.reports[0]?.failures.map(({ of }) => of)).toStrictEqual(["input", "output"])
})

test("a service that is slow is waited for no longer than the guard's time-out", async () => {
  server.faults = { isSilent: true }
  const { ask } = route({ judge: moderation(), timeoutMs: 50 })
  expect(await (await ask("How do I bake bread?")).text()).toContain("GuardTimeoutError")
})

test("thresholds of a file decide, and a list finds what is spelt apart", async () => {
  const thresholds = { kind: "facet-thresholds", version: 1, thresholds: { violence: 1 } } as const
  expect((await route({ judge: moderation(), thresholds }).ask("A bomb?")).status).toBe(200)
  const list = wordList({ words: ["bread"] })
  expect((await route({ judge: anyOf([list, moderation()]) }).ask("How do I bake b.r.e.a.d?")).status).toBe(422)
})

test("a guard that was disposed of judges nothing", async () => {
  const { ask, guard } = route({ judge: wordList({ words: ["bread"] }) })
  await guard.dispose()
  expect((await ask("Hello!")).status).toBe(503)
})

test("opens no model for a judge that needs none", async () => {
  const sdk = await import("@facet/sdk")
  const open = vi.spyOn(sdk.Facet, "open")
  await route({ judge: wordList({ words: ["bread"] }) }).ask("Hello!")
  expect(open).not.toHaveBeenCalled()
  open.mockRestore()
})

test("policies beside a judge, and what is no judge, are refused when the app starts", () => {
  const judge = wordList({ words: ["bread"] })
  expect(() => shield({ judge, policies: ["harassment"] })).toThrow("`judge` stands in its place")
  // What JavaScript may pass.
  expect(() => shield({ judge: "openai" as never })).toThrow("is no judge")
  expect(() => openai({ guard: { judge: {} as never } })).toThrow("guard.judge.name")
})

test("no client of a server can bring a judge of its own", async () => {
  const app = openai({ facet: { model: "tiny" }, guard: { judge: wordList({ words: ["bread"] }) } })
  const ask = (content: string, own: object = {}) =>
    app.request("/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify({ messages: [{ role: "user", content }], max_tokens: 4, ...own }),
      headers: { "content-type": "application/json" },
    })
  expect(await (await ask("How do I bake bread?")).text()).toContain("content_filter")
  expect((await ask("Hello!", { guard: { judge: null } })).status).toBe(400)
  await app.dispose()
})
