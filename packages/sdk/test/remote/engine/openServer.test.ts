/** Models behind servers. */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { Facet, type Progress, type RemoteModel } from "../../../src/index.ts"
import { failure } from "./failure.ts"
import { ModelServer } from "../../../../../test/modelServer/ModelServer.ts"

let server: ModelServer

beforeAll(async () => {
  server = await ModelServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.reset())

const open = (remote: Partial<RemoteModel> = {}) => {
  const place = { url: server.url, kind: "openai" as const, ...remote }
  return Facet.open({ model: place, shield: place })
}

const policies = ["harassment"]

describe("what goes wrong", () => {
  it("is a typed error that says what to do", async () => {
    const closed = await ModelServer.start()
    const { url } = closed
    await closed[Symbol.asyncDispose]()
    const at = (fault: ModelServer["faults"][number]) => (server.faults.push(fault), failure(open()))
    assert.include((await at({ status: 200, body: "<html></html>" })).message, "HTML")
    assert.include((await at({ status: 401, body: `{"error":{"message":"bad sk-1"}}` })).message, "`auth`")
    server.faults.push({ status: 401, body: `{"error":{"message":"bad sk-1"}}` })
    assert.include((await failure(open({ kind: "facet" }))).message, "`auth`")
    assert.match((await failure(open({ model: "other" }))).message, /^model\.model: .*gemma/)
    const guarded = Facet.open({ model: { url: server.url }, shield: { url: server.url, model: "other" } })
    assert.match((await failure(guarded)).message, /^shield\.model: .*gemma/)
    assert.include((await failure(open({ url }))).message, "ECONNREFUSED")
    assert.include((await failure(open({ url: "http://me:sk-1@x" }))).message, "`auth`")
    assert.include((await failure(open({ kind: "facet" }))).message, "404")
    assert.include((await failure(open({ timeoutMs: 0 }))).message, "timeoutMs")
    assert.include((await failure(open({ fallback: ["x"] }))).message, "fallback[0]")
  })

  it("is no kind that a server is asked for, where that alone fails", async () => {
    // What has a list of models of nobody's is asked for the routes of each kind, of which it knows none.
    const models = { headers: { "Content-Type": "application/json" }, body: `{"data":[{"id":"gemma"}]}` }
    server.faults.push(models, ...Array.from({ length: 5 }, () => ({ status: 500, body: "no such page" })))
    await using facet = await Facet.open({ model: { url: server.url } })
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
  })

  it("ends in its status after some tries", async () => {
    for (let i = 0; i < 4; i++) server.faults.push({ status: 503, headers: { "Retry-After": "0" } })
    assert.strictEqual((await failure(open())).status, 503)
    assert.lengthOf(server.asked, 4)
  })
})

describe("what is looked at when a server is opened", () => {
  const warnings = async (remote: Partial<RemoteModel>, option: "model" | "shield" = "model") => {
    const told: Array<string> = []
    const onProgress = ({ message }: Progress) => void (message !== undefined && told.push(message))
    const place = { url: server.url, ...remote }
    const facet = await Facet.open({ model: place, ...(option === "shield" && { shield: place }), onProgress })
    await facet.close()
    return told.join()
  }

  it("is whether the guard judges", async () => {
    server.kind = "vllm"
    server.knowsProbes = false
    server.told = { Yes: Math.log(0.5), No: Math.log(0.5) }
    const place = { url: server.url, kind: "vllm" } as const
    assert.include((await failure(Facet.open({ model: place, shield: place }))).message, "does not judge")
    await using facet = await Facet.open({ model: place, shield: place, checkShield: false })
    assert.closeTo((await facet.shield("x", { policies })).policies[0]!.probability, 0.5, 1e-9)
  })

  it("is whether its chats are a Gemma's", async () => {
    server.kind = "vllm"
    assert.strictEqual(await warnings({}), "")
    server.chatTokens = 19
    assert.include(await warnings({}), "<bos> stands in it twice")
    server.chatTokens = 40
    assert.include(await warnings({}), "its chat template is not Gemma's")
  })

  it.each(["vllm", "sglang"] as const)("is whether the logits of %s prove to be uncapped", async (kind) => {
    server.kind = kind
    assert.strictEqual(await warnings({}), "")
    server.leastLogprob = -70
    assert.include(await warnings({}), "leaves out the soft-cap")
    assert.include(await warnings({}, "shield"), "leaves out the soft-cap")
    // What is masked is no proof.
    server.leastLogprob = -9999
    assert.strictEqual(await warnings({}), "")
  })

  it.each(["openai", "ollama", "tgi"] as const)("is whether <bos> stands before the texts of %s once", async (kind) => {
    server.kind = kind
    assert.strictEqual(await warnings({}, "shield"), "")
    server.letterTokens = 3
    assert.include(await warnings({}, "shield"), "twice")
    server.letterTokens = 1
    assert.include(await warnings({}, "shield"), "does not put <bos>")
  })
})

describe("a key", () => {
  it("goes to its server, and stands in no error", async () => {
    server.faults.push({ status: 403, body: `{"error":{"code":"sk-secret","type":"no sk-secret"}}` })
    assert.notInclude((await failure(open({ auth: "sk-secret" }))).message, "sk-secret")
    server.asked.length = 0
    server.faults.push({ status: 403, body: `{"error":{"code":"no","message":"key sk-secret"}}` })
    const error = await failure(open({ auth: "sk-secret" }))
    assert.strictEqual(server.asked[0]!.key, "Bearer sk-secret")
    assert.notInclude(JSON.stringify(error) + error.message + String(error.stack), "sk-secret")
  })

  it("does not follow a redirect", async () => {
    await using other = await ModelServer.start()
    server.faults.push({ status: 307, headers: { Location: `${other.url}/v1/models` } })
    assert.include((await failure(open({ auth: "sk-secret" }))).message, "redirects")
    assert.lengthOf(other.asked, 0)
  })
})

describe("places", () => {
  it("may be one here and one there", async () => {
    await using mixed = await Facet.open({ shield: { url: server.url, kind: "openai" } })
    const { text } = await mixed.generate("Hello", { maxTokens: 4 })
    assert.isAbove(text.length, 0)
    assert.notInclude(server.asked.map(({ path }) => path).join(), "chat")
    assert.closeTo((await mixed.shield("Hello", { policies })).policies[0]!.probability, 0.75, 1e-9)
  })
})
