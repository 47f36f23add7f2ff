/** Servers that fail in every way that is known: nothing hangs, nothing is released unjudged, and what happened is told. */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { Facet, type RemoteModel } from "../../../src/index.ts"
import { bytesOf } from "../../../src/remote/engine/connection/bytesOf.ts"
import { Endpoint } from "../../../src/remote/engine/connection/Endpoint.ts"
import { readRemoteModel } from "../../../src/remote/engine/connection/readRemoteModel.ts"
import { Silence } from "../../../src/remote/engine/connection/Silence.ts"
import { failure } from "./failure.ts"
import { type Fault, ModelServer } from "../../../../../test/modelServer/ModelServer.ts"

let server: ModelServer
let other: ModelServer
let facet: Facet

const place = (remote: Partial<RemoteModel> = {}) => ({ url: server.url, kind: "vllm" as const, ...remote })
const open = (remote: Partial<RemoteModel> = {}) =>
  Facet.open({ model: place(remote), shield: place(remote), checkShield: false })

beforeAll(async () => {
  server = await ModelServer.start()
  other = await ModelServer.start()
})
beforeEach(async () => {
  server.reset()
  other.reset()
  server.kind = other.kind = "vllm"
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const json = { "Content-Type": "application/json" }
const answer = JSON.stringify({ model: "gemma", data: [{ index: 0, score: 0.1 }] })
const busy: Fault = { status: 503, headers: { "Retry-After": "0" } }

/** What a server may answer in place of a verdict. */
const faults: Readonly<Record<string, ReadonlyArray<Fault>>> = {
  "breaks off": [{ headers: json, body: answer.slice(0, 20), end: "cut" }],
  "says that it sends more than it does": [
    { headers: { ...json, "Content-Length": "9999" }, body: answer, end: "cut" },
  ],
  "says that it sends less": [{ headers: { ...json, "Content-Length": "9" }, body: answer.slice(0, 9) }],
  "sends other JSON": [{ headers: json, body: `{"data":[{"index":0,"score":"low"}]}` }],
  "sends a probability of 2": [{ headers: json, body: `{"data":[{"index":0,"score":2}]}` }],
  "sends nothing": [{ headers: json, body: "" }],
  "sends no JSON": [{ headers: json, body: "{{{" }],
  "sends a page": [{ body: "<html>Sign in</html>" }],
  "stays busy": [busy, busy, busy, busy],
  fails: [{ status: 500, body: `{"error":{"message":"sk-secret"}}` }],
  "refuses the key": [{ status: 401 }],
  "sends elsewhere": [{ status: 302, headers: { Location: "/elsewhere" } }],
}

describe("a guard's server that", () => {
  beforeAll(async () => {
    server.kind = "vllm"
    facet = await open({ auth: "sk-secret" })
    // What it asks once is asked.
    await facet.shield("Hello", { policies: ["harassment"] })
  })
  afterAll(() => facet.close())

  it.each(Object.keys(faults))("%s has nothing released, and no key told", async (name) => {
    // Texts that are known by their tokens are not asked for again: the fault meets the verdict.
    server.faults.push(...faults[name]!)
    const error = await failure(facet.shield("Hello", { policies: ["harassment"] }))
    assert.strictEqual(error._tag, "ServerError", error.message)
    assert.notInclude(JSON.stringify(error) + error.message + String(error.stack), "sk-secret")
  })

  it.each(["fails", "breaks off", "sends a page"])("%s ends a guarded generation without a word", async (name) => {
    server.faults.push(...faults[name]!)
    const parts: Array<string> = []
    const reading = async () => {
      for await (const part of facet.stream("Hello", { guard: true })) parts.push(part.type)
    }
    assert.strictEqual((await failure(reading()))._tag, "ServerError")
    assert.notInclude(parts, "text")
  })

  it("works again is asked again", async () => {
    assert.isTrue((await facet.shield("Hello", { policies: ["harassment"] })).flagged)
  })
})

describe("a writing server", () => {
  it("that breaks off in the middle says so after what it wrote", async () => {
    await using facet = await open()
    server.end = "cut"
    let text = ""
    const reading = async () => {
      for await (const part of facet.stream("Hello")) if (part.type === "text") text += part.text
    }
    assert.include((await failure(reading())).message, "broke off")
    assert.strictEqual(text, "A fox sleeps.")
  })

  it("that answers as another model than before is not trusted", async () => {
    await using facet = await open()
    await facet.shield("Hello", { policies: ["harassment"] })
    server.name = "another"
    assert.include((await failure(facet.shield("Hello", { policies: ["harassment"] }))).message, "another model")
  })

  it("that is busy is asked again, when it says", async () => {
    await using facet = await open()
    server.faults.push(busy, { status: 429, headers: { "Retry-After": new Date(0).toUTCString() } })
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
  })
})

describe("a second address", () => {
  it("is asked where the first is gone or busy, as long as nothing has come", async () => {
    const gone = await ModelServer.start()
    gone.kind = "vllm"
    await using facet = await open({ url: gone.url, fallback: [other.url] })
    await gone[Symbol.asyncDispose]()
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
    await using busyFirst = await open({ fallback: [other.url] })
    server.faults.push({ status: 503 })
    const before = other.asked.length
    assert.strictEqual((await busyFirst.generate("Hello")).text, "A fox sleeps.")
    assert.strictEqual(other.asked.length, before + 1)
  })

  it("is asked where the first breaks off before it has said a word", async () => {
    await using facet = await open({ fallback: [other.url] })
    server.end = "cut"
    server.pieces = [""]
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
    await using alone = await open()
    assert.include((await failure(alone.generate("Hello"))).message, "broke off")
    await using both = await open({ fallback: [server.url] })
    assert.include((await failure(both.generate("Hello"))).message, "broke off")
  })

  it("does not go on with what another began", async () => {
    await using facet = await open({ fallback: [other.url] })
    server.end = "cut"
    const before = other.asked.length
    assert.include((await failure(facet.generate("Hello"))).message, "broke off")
    assert.strictEqual(other.asked.length, before)
  })
})

describe("a verdict that takes long", () => {
  it("is asked for twice where that was wished for, and the first answer counts", async () => {
    await using facet = await open({ hedgeMs: 20 })
    await facet.shield("Hello", { policies: ["harassment"] })
    server.faults.push({ isSilent: true })
    const before = server.asked.length
    assert.isTrue((await facet.shield("Hello", { policies: ["harassment"] })).flagged)
    assert.strictEqual(server.asked.length, before + 2)
  })
})

describe("many requests", () => {
  it("are no more at once than were allowed, and too many are refused at once", async () => {
    await using facet = await open({ concurrency: 2 })
    await facet.shield("Hello", { policies: ["harassment"] })
    server.slowness = 5
    server.most = 0
    const work = Array.from({ length: 70 }, () => facet.shield("Hello", { policies: ["harassment"] }))
    const results = await Promise.allSettled(work)
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason._tag] : []))
    assert.strictEqual(server.most, 2)
    assert.deepStrictEqual(
      refused,
      Array.from({ length: 4 }, () => "OverloadedError"),
    )
  })
})

describe("a function that gives no key", () => {
  const auth = () => new Promise<string>(() => undefined)

  it("is not waited for any longer than a server, nor by whoever leaves", async () => {
    const endpoint = new Endpoint(readRemoteModel("shield", place({ auth, timeoutMs: 40 })))
    const { signal } = new AbortController()
    assert.match((await failure(endpoint.ask("/v1/models", undefined, signal))).message, /auth.*in time/)
    const leaving = new AbortController()
    const asking = new Endpoint(readRemoteModel("shield", place({ auth }))).ask("/v1/models", undefined, leaving.signal)
    setTimeout(() => leaving.abort(new Error("enough")), 5)
    assert.strictEqual((await failure(asking)).message, "enough")
  })
})

describe("a server that says nothing", () => {
  const asking = (timeoutMs: number) => new Endpoint(readRemoteModel("shield", place({ timeoutMs })))
  const { signal } = new AbortController()

  it.each([{ isSilent: true }, { end: "trickle" as const }])("is left after a while: %j", async (fault) => {
    server.faults.push(fault)
    assert.include((await failure(asking(60).ask("/v1/models", undefined, signal))).message, "60 ms")
  })

  it("in the middle of a text is left, too", async () => {
    server.end = "never"
    const reading = async () => {
      for await (const _ of asking(60).events("/v1/chat/completions", { stream: true }, signal));
    }
    assert.include((await failure(reading())).message, "60 ms")
    while (server.left === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it("in the middle of an answer that is read elsewhere is left, and its place is another's", async () => {
    server.end = "never"
    const endpoint = new Endpoint(readRemoteModel("shield", place({ timeoutMs: 60, concurrency: 1 })))
    server.kind = "ollama"
    const streamed = await endpoint.forward("/api/chat", `{"stream":true}`, signal)
    assert.include((await failure(streamed.text())).message, "60 ms")
    const left = await endpoint.forward("/api/chat", `{"stream":true}`, signal)
    await left.body!.cancel()
    assert.isTrue((await endpoint.forward("/api/version", undefined, signal)).ok)
  })

  it("is not meant where it waits for whoever reads", async () => {
    const silence = new Silence(20)
    const body = new ReadableStream({
      pull: (controller) => (controller.enqueue(new Uint8Array(1)), controller.close()),
    })
    for await (const _ of bytesOf(new Response(body), silence)) await new Promise((resolve) => setTimeout(resolve, 60))
    silence.end()
    assert.isFalse(silence.signal.aborted)
  })
})
