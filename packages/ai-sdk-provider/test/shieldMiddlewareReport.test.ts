/** The report of a guarded call: once, whatever becomes of it, and of what really went out. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { Facet } from "@facet/sdk"
import type { EndedReport } from "@facet/sdk/words"
import { wrapLanguageModel } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { shieldMiddleware, type ShieldMiddlewareOptions } from "../src/index.ts"
import { partsOf } from "./fixtures/parts.ts"
import { always, block, finish, forEver, harmless, never, says, start, streams, text } from "./fixtures/shielding.ts"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

const prompt: LanguageModelV4CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: harmless }] }]
const sentences = ["The cat sleeps. ", "The fox ran home. "]

function reported(model: MockLanguageModelV4, options: ShieldMiddlewareOptions = {}) {
  const reports: Array<EndedReport> = []
  const onReport = (report: EndedReport) => void reports.push(report)
  const middleware = shieldMiddleware({ facet, policies: never, input: false, onReport, ...options })
  return { model: wrapLanguageModel({ model, middleware }), reports }
}

describe("a stream", () => {
  test("done", async () => {
    const { model, reports } = reported(streams([start, ...block("0", sentences), finish]).model)
    await partsOf((await model.doStream({ prompt })).stream)
    expect(reports).toMatchObject([{ outcome: "done", releasedCharacters: sentences.join("").length }])
  })

  test("blocked", async () => {
    const { model, reports } = reported(streams([start, ...block("0", sentences), finish]).model, { policies: always })
    await partsOf((await model.doStream({ prompt })).stream)
    expect(reports).toMatchObject([{ outcome: "blocked", releasedCharacters: 0 }])
  })

  const firstText = async (stream: ReadableStream<{ readonly type: string }>) => {
    const reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done || value.type === "text-delta") return reader
    }
  }

  test("whose reader leaves: what it had read went out", async () => {
    const { model, reports } = reported(streams([start, ...block("0", sentences)], forEver).model)
    const reader = await firstText((await model.doStream({ prompt })).stream)
    await reader.cancel("left")
    await vi.waitFor(() => expect(reports).toHaveLength(1))
    expect(reports[0]).toMatchObject({ outcome: "aborted", releasedCharacters: sentences[0]?.length })
    expect(reports[0]?.judgements).toBeGreaterThan(0)
  })

  test("that is aborted", async () => {
    const leaving = new AbortController()
    const upstream = streams([start, ...block("0", sentences).slice(0, 2)], forEver)
    const { model, reports } = reported(upstream.model)
    const { stream } = await model.doStream({ prompt, abortSignal: leaving.signal })
    const reader = await firstText(stream)
    leaving.abort()
    await expect(reader.read()).rejects.toThrow()
    expect(reports).toMatchObject([{ outcome: "aborted", releasedCharacters: sentences[0]?.length }])
  })

  test("that fails on the way, and one that cannot begin", async () => {
    const broken = streams([start, ...block("0", sentences)], (controller) => controller.error(new Error("broken")))
    const { model, reports } = reported(broken.model)
    await expect(model.doStream({ prompt }).then(({ stream }) => partsOf(stream))).rejects.toThrow()
    const refusing = new MockLanguageModelV4({ doStream: () => Promise.reject(new Error("no")) })
    const other = reported(refusing)
    await expect(other.model.doStream({ prompt })).rejects.toThrow()
    const error = expect.any(Error)
    expect(reports).toMatchObject([{ outcome: "failed", error, releasedCharacters: sentences.join("").length }])
    expect(other.reports).toMatchObject([{ outcome: "failed", error, releasedCharacters: 0 }])
  })
})

describe("a whole answer", () => {
  test("done, blocked and failed", async () => {
    const done = reported(says(text(sentences[0] ?? "")))
    const blocked = reported(says(text(sentences[0] ?? "")), { policies: always })
    const failed = reported(new MockLanguageModelV4({ doGenerate: () => Promise.reject(new Error("no")) }))
    await done.model.doGenerate({ prompt })
    await blocked.model.doGenerate({ prompt })
    await expect(failed.model.doGenerate({ prompt })).rejects.toThrow()
    expect(done.reports).toMatchObject([{ outcome: "done", releasedCharacters: sentences[0]?.length }])
    expect(blocked.reports).toMatchObject([{ outcome: "blocked", releasedCharacters: 0 }])
    expect(failed.reports).toMatchObject([{ outcome: "failed", releasedCharacters: 0, error: expect.any(Error) }])
  })

  test("aborted before and in the middle", async () => {
    const leaving = new AbortController()
    const hanging = new MockLanguageModelV4({
      doGenerate: async () => {
        leaving.abort()
        return new Promise(() => {})
      },
    })
    const { model, reports } = reported(hanging)
    await expect(model.doGenerate({ prompt, abortSignal: leaving.signal })).rejects.toThrow()
    await expect(model.doGenerate({ prompt, abortSignal: leaving.signal })).rejects.toThrow()
    expect(reports).toMatchObject([{ outcome: "aborted" }, { outcome: "aborted" }])
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
  const whole = reported(says(text(sentences[0] ?? "")), { onReport })
  expect((await whole.model.doGenerate({ prompt })).finishReason.unified).toBe("stop")
  const streamed = reported(streams([start, ...block("0", sentences), finish]).model, { onReport })
  const parts = await partsOf((await streamed.model.doStream({ prompt })).stream)
  expect(parts.at(-1)?.type).toBe("finish")
  await vi.waitFor(() => expect(written).toHaveBeenCalledTimes(2))
  expect(written).toHaveBeenCalledWith(expect.stringContaining("onReport"), new Error("broken hook"))
  written.mockRestore()
})
