/** The report of a guarded request: once, whatever becomes of it, and of what really went out. */
import { Facet } from "@facet/sdk"
import { type Context, Hono } from "hono"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { shield, type ShieldReport, type ShieldRouteOptions } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

const [cat = "", fox = ""] = harmless.sentences
let facet: Facet

beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

function reported(handler: (c: Context) => Response | Promise<Response>, options: ShieldRouteOptions = {}) {
  const reports: Array<ShieldReport> = []
  const app = new Hono()
  app.onError((_, c) => c.text("failed", 500))
  app.use(
    shield({
      facet,
      policies: ["dangerous_content"],
      onReport: (report) => void reports.push(report),
      ...options,
    }),
  )
  app.all("/", handler)
  return { app, reports }
}

const ask = (prompt = harmless.question, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  body: JSON.stringify({ prompt }),
  headers: { "content-type": "application/json" },
  ...(signal === undefined ? {} : { signal }),
})

/** Two sentences, and then nothing for ever. */
const endless = () =>
  new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const content of [`${cat} `, `${fox} `]) {
          controller.enqueue(new TextEncoder().encode(answers.chatDelta({ content })))
        }
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  )

describe("a client that leaves", () => {
  test("while it reads: what it had read went out", async () => {
    const { app, reports } = reported(endless)
    const answer = await app.request("/", ask())
    const reader = answer.body?.getReader()
    await reader?.read()
    await reader?.cancel("left")
    await vi.waitFor(() => expect(reports).toHaveLength(1))
    expect(reports[0]).toMatchObject({ outcome: "aborted", error: "left", releasedCharacters: cat.length + 1 })
    expect(reports[0]?.judgements).toBeGreaterThan(0)
    expect(reports[0]?.verdicts.input?.flagged).toBe(false)
  })

  test("by its signal", async () => {
    const { app, reports } = reported(endless)
    const leaving = new AbortController()
    const answer = await app.request("/", ask(harmless.question, leaving.signal))
    const reader = answer.body?.getReader()
    await reader?.read()
    await reader?.read()
    leaving.abort()
    await expect(reader?.read()).rejects.toThrow()
    expect(reports).toMatchObject([{ outcome: "aborted", releasedCharacters: cat.length + fox.length + 2 }])
  })

  test("before the answer: nothing went out", async () => {
    const leaving = new AbortController()
    const { app, reports } = reported(() => {
      leaving.abort()
      return endless()
    })
    await app.request("/", ask(harmless.question, leaving.signal))
    expect(reports).toMatchObject([{ outcome: "aborted", releasedCharacters: 0 }])
  })
})

describe("ends", () => {
  test("done", async () => {
    const { app, reports } = reported((c) => c.json({ answer: cat }))
    await app.request("/", ask())
    expect(reports).toMatchObject([{ outcome: "done", heldCharacters: 0 }])
    expect(reports[0]?.releasedCharacters).toBeGreaterThanOrEqual(cat.length)
    expect(reports[0]).not.toHaveProperty("error")
  })

  test("blocked: of an answer that goes out as a whole, nothing did", async () => {
    const { app, reports } = reported((c) => c.text(`${cat} ${harmful.sentence}`))
    expect((await app.request("/", ask())).status).toBe(422)
    expect(reports).toMatchObject([{ outcome: "blocked", releasedCharacters: 0, blocked: { of: "output" } }])
  })

  test("blocked before the handler", async () => {
    const { app, reports } = reported((c) => c.text(""))
    await app.request("/", ask(harmful.question))
    expect(reports).toMatchObject([{ outcome: "blocked", blocked: { of: "input" } }])
  })

  test.each<readonly [string, (c: Context) => Response, ShieldRouteOptions]>([
    [
      "a source that breaks",
      () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) }), {
          headers: { "content-type": "text/event-stream" },
        }),
      {},
    ],
    ["an answer that cannot be judged", () => new Response("x", { headers: { "content-type": "image/png" } }), {}],
    [
      "what is to be judged cannot be told",
      (c) => c.text(""),
      {
        extract: () => {
          throw new Error("no words")
        },
      },
    ],
  ])("failed: %s", async (_, handler, options) => {
    const { app, reports } = reported(handler, options)
    await (await app.request("/", ask())).text()
    expect(reports).toMatchObject([{ outcome: "failed", releasedCharacters: 0, error: expect.any(Error) }])
  })
})

test.each([
  [
    "throws",
    () => {
      throw new Error("broken hook")
    },
  ],
  ["rejects", () => Promise.reject(new Error("broken hook"))],
])("a hook that %s changes nothing, and is written to the console", async (_, onReport) => {
  const written = vi.spyOn(console, "error").mockImplementation(() => {})
  const { app } = reported((c) => c.json({ answer: cat }), { onReport })
  const answer = await app.request("/", ask())
  expect([answer.status, await answer.json()]).toStrictEqual([200, { answer: cat }])
  await vi.waitFor(() => expect(written).toHaveBeenCalledTimes(1))
  expect(written).toHaveBeenCalledWith(expect.stringContaining("onReport"), new Error("broken hook"))
  written.mockRestore()
})
