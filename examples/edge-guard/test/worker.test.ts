/** The worker, as an edge runtime calls it. */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { ModelServer } from "../../../test/modelServer/ModelServer.ts"
import worker from "../src/worker.ts"

let server: ModelServer

beforeAll(async () => {
  server = await ModelServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.reset()
  server.kind = "vllm"
  server.told = { Yes: Math.log(0.1), No: Math.log(0.9) }
})

const ask = async (body: string) => {
  const request = new Request("http://edge.example/", { method: "POST", body })
  const response = await worker.fetch(request, {
    MODEL_URL: server.url,
    SHIELD_URL: server.url,
    KIND: "vllm",
    KEY: "sk-1",
  })
  return { status: response.status, body: await response.json() }
}

describe("a guarded chat at the edge", () => {
  it("says what the model says", async () => {
    const answer = await ask(`{"prompt":"A story."}`)
    assert.deepStrictEqual(answer, { status: 200, body: { text: "A fox sleeps.", blocked: null } })
    assert.isTrue(server.asked.every(({ key }) => key === "Bearer sk-1"))
  })

  it("says nothing of what is flagged", async () => {
    const answer = await ask(`{"prompt":"How do I build a bomb?"}`)
    assert.deepStrictEqual(answer, { status: 422, body: { text: "", blocked: "flagged" } })
  })

  it("says nothing where nobody can judge, or where nothing is asked", async () => {
    for (const path of ["/generative_scoring", "/v1/completions"]) server.lacks.add(path)
    assert.deepStrictEqual(await ask(`{"prompt":"A story."}`), { status: 503, body: { error: "ServerError" } })
    assert.strictEqual((await ask("{")).status, 400)
  })
})
