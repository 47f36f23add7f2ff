/** A route's answer is not read without end ahead of the client. */
import { setTimeout as delay } from "node:timers/promises"
import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, expect, test } from "vitest"
import { shield, type ShieldRouteOptions } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmless } from "./fixtures/sentences.ts"

const [cat = ""] = harmless.sentences
let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
  await facet.shield(harmless.question)
})
afterAll(() => facet.close())

const chunk = 16 * 1024
/** What is held, what was handed on at once, and a head that says nothing. */
const most = 1024 * 1024

/** Tells how many bytes were read of an endless answer whose client reads once. */
async function readOf(event: string, type: string, options: ShieldRouteOptions = {}): Promise<number> {
  let read = 0
  const app = new Hono()
  app.use(shield({ facet, policies: ["dangerous_content"], input: false, ...options }))
  app.get("/", () => {
    const bytes = new TextEncoder().encode(event)
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          await delay()
          read += bytes.length
          controller.enqueue(bytes)
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { "content-type": type } })
  })
  const reader = (await app.request("/")).body?.getReader()
  await reader?.read()
  await delay(1_500)
  const before = read
  await delay(300)
  expect(read).toBe(before)
  await reader?.cancel()
  return read
}

test.each<readonly [name: string, event: string, type: string, options: ShieldRouteOptions]>([
  ["events", `: ${"-".repeat(chunk)}\n${answers.chatDelta({ content: `${cat} ` })}`, "text/event-stream", {}],
  ["events that say nothing", `: ${"-".repeat(chunk)}\n\n`, "text/event-stream", {}],
  [
    "events of an audit",
    `: ${"-".repeat(chunk)}\n${answers.chatDelta({ content: `${cat} ` })}`,
    "text/event-stream",
    { mode: "audit" },
  ],
  ["what nobody judges", "-".repeat(chunk), "image/png", { output: false, input: "before" }],
])("%s wait for the client, by their bytes", async (_, event, type, options) => {
  const read = await readOf(event, type, options)
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(most)
})
