/** WebSockets do not slip past the guard of a route. */
import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, expect, test } from "vitest"
import { shield, type ShieldReport, type ShieldRouteOptions } from "../src/index.ts"

let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

async function upgraded(options: ShieldRouteOptions = {}, upgrade = "websocket") {
  const reports: Array<ShieldReport> = []
  let isCalled = false
  const app = new Hono()
  app.use(shield({ facet, onReport: (report) => reports.push(report), ...options }))
  app.get("/", (c) => {
    isCalled = true
    return c.text("Hello.")
  })
  const answer = await app.request("/", { headers: { connection: "Upgrade", upgrade } })
  return { answer, isCalled, reports }
}

test.each(["websocket", "WebSocket", "h2c, websocket", "websocket/13"])(
  "%s is refused, with the reason",
  async (upgrade) => {
    const { answer, isCalled, reports } = await upgraded({}, upgrade)
    expect([answer.status, isCalled]).toStrictEqual([501, false])
    expect(await answer.json()).toMatchObject({
      type: "urn:facet:problem:unguarded-upgrade",
      detail: expect.stringMatching(/WebSocket.*facet\.guard\(\)/),
    })
    expect(reports).toMatchObject([{ outcome: "failed", error: { _tag: "UnreadableBodyError" } }])
  },
)

test.each<readonly [string, ShieldRouteOptions]>([
  ['onError: "allow"', { onError: "allow" }],
  ["an audit", { mode: "audit" }],
])("it passes with %s, which is told", async (_, options) => {
  const { answer, isCalled, reports } = await upgraded(options)
  expect([answer.status, isCalled]).toStrictEqual([200, true])
  expect(reports[0]?.failures).toMatchObject([{ of: "input" }, { of: "output" }])
})

test("other protocols are requests like any", async () => {
  expect((await upgraded({}, "h2c")).answer.status).toBe(200)
})
