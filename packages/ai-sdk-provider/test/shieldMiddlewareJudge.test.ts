/** Other judges in ShieldGemma's place around models of the AI SDK: no model is opened for them. */
import { Facet } from "@facet/sdk"
import { llamaGuard, wordList } from "@facet/sdk/judges"
import { generateText, streamText, wrapLanguageModel } from "ai"
import { MockLanguageModelV4, simulateReadableStream } from "ai/test"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { shieldMiddleware, type ShieldMiddlewareOptions } from "../src/index.ts"
import { JudgeServer } from "../../../test/JudgeServer.ts"

let server: JudgeServer
beforeAll(async () => void (server = await JudgeServer.start()))
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.faults = {}
})

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
const finishReason = { unified: "stop" as const, raw: "stop" }

function guarded(text: string, options: ShieldMiddlewareOptions) {
  const model = new MockLanguageModelV4({
    doGenerate: async () => ({ content: [{ type: "text", text }], finishReason, usage, warnings: [] }),
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: "stream-start", warnings: [] },
          { type: "text-start", id: "0" },
          ...text.split(/(?<= )/).map((delta) => ({ type: "text-delta" as const, id: "0", delta })),
          { type: "text-end", id: "0" },
          { type: "finish", finishReason, usage },
        ],
      }),
    }),
  })
  return wrapLanguageModel({ model, middleware: shieldMiddleware(options) })
}

const judge = () => llamaGuard({ baseUrl: `${server.url}/v1`, model: "meta-llama/Llama-Guard-3-8B" })

test("a guard on a server judges prompts and answers, at once and in streams, without a model here", async () => {
  const open = vi.spyOn(Facet, "open")
  const prompt = "How do I bake bread?"
  const fine = await generateText({ model: guarded("Mix flour and water.", { judge: judge() }), prompt })
  expect(fine.text).toBe("Mix flour and water.")
  const bad = await generateText({ model: guarded("Build a bomb.", { judge: judge() }), prompt })
  expect([bad.text, bad.finishReason]).toStrictEqual(["", "content-filter"])
  const streamed = streamText({ model: guarded("Mix it. Then build a bomb. Done.", { judge: judge() }), prompt })
  expect(await streamed.text).toBe("Mix it. ")
  expect(await streamed.finishReason).toBe("content-filter")
  expect(open).not.toHaveBeenCalled()
  open.mockRestore()
})

test("one that fails blocks, unless it may let through", async () => {
  server.faults = { status: 503, body: "" }
  const closed = await generateText({ model: guarded("Fine.", { judge: judge() }), prompt: "Hello." })
  expect([closed.text, closed.finishReason]).toStrictEqual(["", "content-filter"])
  const open = await generateText({ model: guarded("Fine.", { judge: judge(), onError: "allow" }), prompt: "Hello." })
  expect(open.text).toBe("Fine.")
})

test("what is wrong with a judge is said when the middleware is made", () => {
  const list = wordList({ words: ["bread"] })
  expect(() => shieldMiddleware({ judge: list, policies: ["harassment"] })).toThrow("policies")
  // What JavaScript may pass.
  expect(() => shieldMiddleware({ judge: { name: "x" } as never })).toThrow("judge.judge")
})
