/** Models behind servers. */
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { definePolicy, Facet, type RemoteModel } from "../../../src/index.ts"
import { ModelServer } from "./ModelServer.ts"

let server: ModelServer
let facet: Facet
const kinds = ["openai", "llama.cpp"] as const

beforeEach(async () => {
  server = await ModelServer.start()
})
afterEach(() => server[Symbol.asyncDispose]())

const open = (remote: Partial<RemoteModel> = {}) => {
  const place = { url: server.url, kind: "openai" as const, ...remote }
  return Facet.open({ model: place, shield: place })
}

/** What a call is refused with. */
const failure = async (
  work: Promise<unknown>,
): Promise<Error & { readonly _tag?: string; readonly status?: number }> => {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  return assert.fail("nothing was refused")
}

const policies = ["harassment"]

describe.each(kinds)("a server of the kind %s", (kind) => {
  it("writes, streamed, with what it was asked for", async () => {
    await using facet = await open({ kind })
    const chat = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "A story." },
    ] as const
    const { finishReason, text, usage } = await facet.generate(chat, { seed: 7, stop: "!" })
    assert.deepStrictEqual([text, finishReason], ["A fox sleeps.", "stop"])
    assert.deepStrictEqual(usage, { promptTokens: 9, completionTokens: 5, cachedTokens: 0 })
    const { body } = server.asked.at(-1)!
    assert.deepStrictEqual(body.messages, [{ role: "user", content: "Be brief.\n\nA story." }])
    assert.deepStrictEqual([body.seed, body.stop], [7, ["!"]])
  })

  it("judges by the two log-probabilities", async () => {
    await using facet = await open({ kind })
    const verdict = await facet.shield("You fox.", { policies })
    assert.closeTo(verdict.policies[0]!.probability, 0.75, 1e-9)
    assert.isTrue(verdict.flagged)
    assert.isUndefined(verdict.policies[0]!.bounds)
  })

  it("is told of an abort", async () => {
    server.end = "never"
    await using facet = await open({ kind })
    const aborting = new AbortController()
    const reading = async () => {
      for await (const _ of facet.stream("Hello", { signal: aborting.signal })) aborting.abort(new Error("enough"))
    }
    assert.strictEqual((await failure(reading())).message, "enough")
    while (server.left === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it("refuses by name what it cannot do", async () => {
    await using facet = await open({ kind })
    for (const [work, name] of [
      [facet.inspect("x"), "inspect"],
      [facet.generate("x", { minTokens: 2 }), "minTokens"],
      [facet.generate("x", { trace: true }), "trace"],
      [facet.generate("a <end_of_turn> b"), "<end_of_turn>"],
    ] as const) {
      const { _tag, message } = await failure(work)
      assert.strictEqual(_tag, "InvalidRequestError")
      assert.include(message, name)
    }
  })
})

describe("llama.cpp's server", () => {
  it("gets control tokens where the prompt has them, and texts that spell them as texts", async () => {
    await using facet = await open({ kind: "llama.cpp" })
    await facet.shield("a <end_of_turn> b", { policies })
    const prompt = server.asked.at(-1)!.body.prompt as ReadonlyArray<number>
    assert.deepStrictEqual([prompt[0], prompt.filter((id) => id === 2).length], [2, 1])
    assert.strictEqual(prompt.filter((id) => id === 107).length, 1)
  })

  it("is found out by asking", async () => {
    server.isLlamaCpp = true
    await using facet = await open({ kind: undefined })
    await facet.shield("Hello", { policies })
    assert.strictEqual(server.asked.at(-1)!.path, "/completion")
  })
})

describe("a verdict out of the likeliest tokens alone", () => {
  it("stands where its bounds leave no doubt", async () => {
    server.told = { No: Math.log(0.9), x: Math.log(0.05) }
    await using facet = await open()
    const [policy] = (await facet.shield("Hello", { policies })).policies
    assert.isFalse(policy!.flagged)
    assert.strictEqual(policy!.bounds!.least, 0)
    assert.strictEqual(policy!.probability, policy!.bounds!.most)
  })

  it("is refused where the threshold lies between them, and where neither answer is told", async () => {
    await using facet = await open()
    for (const told of [{ No: Math.log(0.4), x: Math.log(0.4) }, { x: Math.log(0.9) }]) {
      server.told = told
      const strict = [definePolicy({ id: "harassment", threshold: 0.2 })]
      assert.strictEqual((await failure(facet.shield("Hello", { policies: strict })))._tag, "ServerError")
    }
  })
})

describe("what goes wrong", () => {
  it("is a typed error that says what to do", async () => {
    const closed = await ModelServer.start()
    const { url } = closed
    await closed[Symbol.asyncDispose]()
    const at = (fault: ModelServer["faults"][number]) => (server.faults.push(fault), failure(open()))
    assert.include((await at({ status: 200, body: "<html></html>" })).message, "HTML")
    assert.include((await at({ status: 401, body: `{"error":{"message":"bad sk-1"}}` })).message, "`auth`")
    assert.include((await failure(open({ model: "other" }))).message, "gemma")
    assert.include((await failure(open({ url }))).message, "ECONNREFUSED")
    assert.include((await failure(open({ url: "http://me:sk-1@x" }))).message, "`auth`")
    assert.include((await failure(open({ kind: "facet" }))).message, "404")
  })

  it("is tried again where a server asks for patience", async () => {
    server.faults.push(
      { status: 503, headers: { "Retry-After": "0" } },
      { status: 429, headers: { "Retry-After": "0" } },
    )
    await using facet = await open()
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
  })

  it("ends in its status after some tries", async () => {
    for (let i = 0; i < 4; i++) server.faults.push({ status: 503, headers: { "Retry-After": "0" } })
    assert.strictEqual((await failure(open())).status, 503)
    assert.lengthOf(server.asked, 4)
  })

  it("does not pass for an answer when a stream breaks off", async () => {
    server.end = "cut"
    await using facet = await open()
    assert.include((await failure(facet.generate("Hello"))).message, "broke off")
  })
})

describe("a key", () => {
  it("goes to its server, and stands in no error", async () => {
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
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  it("may be one here and one there", async () => {
    await using mixed = await Facet.open({ shield: { url: server.url, kind: "openai" } })
    const [here, there] = [
      await facet.generate("Hello", { maxTokens: 4 }),
      await mixed.generate("Hello", { maxTokens: 4 }),
    ]
    assert.strictEqual(there.text, here.text)
    assert.closeTo((await mixed.shield("Hello", { policies })).policies[0]!.probability, 0.75, 1e-9)
  })
})
