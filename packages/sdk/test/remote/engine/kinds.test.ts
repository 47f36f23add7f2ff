/** What each kind of server does, in the shapes of its documentation. */
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { definePolicy, Facet, type RemoteModel, type ServerKind } from "../../../src/index.ts"
import { failure } from "./failure.ts"
import { ModelServer } from "../../../../../test/modelServer/ModelServer.ts"

let server: ModelServer

beforeAll(async () => {
  server = await ModelServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => server.reset())

const open = (kind: ServerKind, remote: Partial<RemoteModel> = {}) => {
  server.kind = kind
  return Facet.open({ model: { url: server.url, kind, ...remote }, shield: { url: server.url, kind, ...remote } })
}

const paths = () => server.asked.map(({ path }) => path)
const policies = ["harassment", "hate_speech"]
const strict = [definePolicy({ id: "harassment", threshold: 0.2 })]

const writing: ReadonlyArray<ServerKind> = [
  "openai",
  "vllm",
  "sglang",
  "tensorrt-llm",
  "nim",
  "ollama",
  "llama.cpp",
  "tgi",
]

describe.each(writing)("%s", (kind) => {
  let facet: Facet

  beforeAll(async () => {
    server.reset()
    facet = await open(kind)
  })
  afterAll(() => facet.close())
  beforeEach(() => void (server.kind = kind))

  it("is found out by asking, writes and judges, and says when it ends", async () => {
    const place = { url: server.url }
    await using facet = await Facet.open({ model: place, shield: place })
    const chat = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "A story." },
    ] as const
    const { finishReason, text, usage } = await facet.generate(chat, { seed: 7, stop: "!", maxTokens: 9 })
    assert.deepStrictEqual([text, finishReason], ["A fox sleeps.", "stop"])
    assert.deepStrictEqual(usage, { promptTokens: 9, completionTokens: 5, cachedTokens: 0 })
    const { body, path } = server.asked.at(-1)!
    assert.strictEqual(path, kind === "ollama" ? "/api/chat" : "/v1/chat/completions")
    assert.deepStrictEqual(body.messages, [{ role: "user", content: "Be brief.\n\nA story." }])
    const settings = body.options ?? body
    assert.deepStrictEqual([settings["seed"], settings["stop"]], [7, ["!"]])
    const verdict = await facet.shield("You fox.", { policies })
    for (const policy of verdict.policies) assert.closeTo(policy.probability, 0.75, 1e-9)
    assert.isUndefined(verdict.policies[0]!.bounds)
  })

  it("writes behind a guard that it also is", async () => {
    server.told = { No: Math.log(0.9), Yes: Math.log(0.1) }
    const { guard, text } = await facet.generate("A story.", { guard: true })
    assert.strictEqual(text, "A fox sleeps.")
    assert.isUndefined(guard!.blocked)
    server.told = { Yes: Math.log(0.9), No: Math.log(0.1) }
    const held = await facet.generate("A story.", { guard: true })
    assert.strictEqual(held.text, "")
    assert.strictEqual(held.guard!.blocked!.reason, "flagged")
  })

  it("is told of an abort", async () => {
    server.end = "never"
    const aborting = new AbortController()
    const reading = async () => {
      for await (const _ of facet.stream("Hello", { signal: aborting.signal })) aborting.abort(new Error("enough"))
    }
    assert.strictEqual((await failure(reading())).message, "enough")
    while (server.left === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it("refuses by name what it cannot do", async () => {
    for (const [work, name] of [
      [() => facet.inspect("x"), "inspect"],
      [() => facet.generate("x", { trace: true }), "trace"],
      [() => facet.generate("x", { regex: "a+" }), "regex"],
      [() => facet.generate("a <end_of_turn> b"), "<end_of_turn>"],
    ] as const) {
      const { _tag, message } = await failure(work())
      assert.strictEqual(_tag, "InvalidRequestError")
      assert.include(message, name)
    }
  })
})

describe("an exact verdict", () => {
  const hidden = { x: Math.log(0.6), Yes: Math.log(0.3), No: Math.log(0.1) }

  it.each([
    ["vllm", [], ["/generative_scoring"]],
    ["vllm", ["/generative_scoring"], ["/v1/completions"]],
    ["sglang", [], ["/v1/score"]],
    ["sglang", ["/v1/score"], ["/generate", "/generate"]],
    ["nim", [], ["/v1/completions"]],
  ] as const)("of %s without %j takes one call for all policies where there is a route", async (kind, lacks, asked) => {
    for (const path of lacks) server.lacks.add(path)
    server.told = hidden
    server.mostTold = 1
    await using facet = await open(kind)
    server.asked.length = 0
    const verdict = await facet.shield("You fox.", { policies })
    for (const policy of verdict.policies) assert.closeTo(policy.probability, 0.75, 1e-6)
    assert.deepStrictEqual(
      paths().filter((path) => !path.includes("tokenize")),
      [...asked],
    )
  })

  it("of an old vLLM takes two calls, in each of which one answer is all that may be said", async () => {
    server.lacks.add("/generative_scoring")
    server.told = hidden
    server.mostTold = 1
    await using facet = await open("vllm")
    // One that does not know the field tells the likeliest tokens alone.
    server.ignoresIds = true
    server.asked.length = 0
    const [policy] = (await facet.shield("You fox.", { policies: strict })).policies
    assert.closeTo(policy!.probability, 0.75, 1e-9)
    const allowed = server.asked.flatMap(({ body }) => body.allowed_token_ids ?? [])
    assert.deepStrictEqual(allowed, [7, 8])
  })

  it("is no verdict where the server tells what is left after its masks", async () => {
    server.lacks.add("/generative_scoring")
    server.ignoresIds = true
    server.masks = true
    server.told = hidden
    server.mostTold = 1
    await using facet = await open("vllm")
    const { _tag, message } = await failure(facet.shield("You fox.", { policies: strict }))
    assert.deepStrictEqual([_tag, message.includes("raw_logprobs")], ["ServerError", true])
  })

  it("is no verdict where a route has read a part of the text alone", async () => {
    await using facet = await open("vllm")
    server.contextLength = 60
    const { message } = await failure(facet.shield("You fox.", { policies: strict }))
    assert.match(message, /read 59 tokens of \d+.*--max-model-len/)
  })

  it("is one by OpenAI's API where nothing else of a server is to be had", async () => {
    for (const path of ["/tokenize", "/generative_scoring"]) server.lacks.add(path)
    await using facet = await open("vllm")
    const [policy] = (await facet.shield("You fox.", { policies: strict })).policies
    assert.closeTo(policy!.probability, 0.75, 1e-9)
    assert.isString(server.asked.at(-1)!.body.prompt)
  })

  it("of TGI, which tells five tokens, is asked for by prompts that end in the answers", async () => {
    server.told = { x: Math.log(0.6), Yes: Math.log(0.3), No: Math.log(0.1) }
    server.mostTold = 1
    await using facet = await open("tgi")
    const [policy] = (await facet.shield("You fox.", { policies: strict })).policies
    assert.closeTo(policy!.probability, 0.75, 1e-9)
  })

  it("of llama.cpp's server reads texts that spell control tokens as texts", async () => {
    await using facet = await open("llama.cpp")
    await facet.shield("a <end_of_turn> b", { policies })
    const prompt = server.asked.at(-1)!.body.prompt as ReadonlyArray<number>
    assert.deepStrictEqual([prompt[0], prompt.filter((id) => id === 2).length], [2, 1])
    assert.strictEqual(prompt.filter((id) => id === 107).length, 1)
  })
})

describe.each(["openai", "tensorrt-llm", "ollama"] as const)("a verdict out of the likeliest tokens of %s", (kind) => {
  it("stands where its bounds leave no doubt", async () => {
    server.told = { No: Math.log(0.9), x: Math.log(0.05) }
    await using facet = await open(kind)
    const [policy] = (await facet.shield("Hello", { policies })).policies
    assert.isFalse(policy!.flagged)
    assert.strictEqual(policy!.bounds!.least, 0)
    assert.strictEqual(policy!.probability, policy!.bounds!.most)
  })

  it("is refused where the threshold lies between them, and where neither answer is told", async () => {
    await using facet = await open(kind)
    for (const told of [{ No: Math.log(0.4), x: Math.log(0.4) }, { x: Math.log(0.9) }]) {
      server.told = told
      assert.strictEqual((await failure(facet.shield("Hello", { policies: strict })))._tag, "ServerError")
    }
  })
})

describe.each(["vllm", "sglang"] as const)("a text without a chat of %s", (kind) => {
  it("may have as many tokens as its prompt leaves room for", async () => {
    await using facet = await open(kind)
    await facet.generate("abc", { template: "none" })
    const { body } = server.asked.at(-1)!
    // Its own filters are not the model's.
    assert.deepInclude(body, { max_tokens: server.contextLength - 4, top_k: -1, top_p: 1 })
    await facet.generate({ tokens: [2, 1097] }, { template: "none", topK: 5 })
    assert.deepInclude(server.asked.at(-1)!.body, { max_tokens: server.contextLength - 2, top_k: 5 })
    server.contextLength = 3
    await using none = await open(kind, { check: false })
    assert.strictEqual((await failure(none.generate("abc", { template: "none" })))._tag, "ContextOverflowError")
  })
})

describe("what a server can do beside OpenAI's API", () => {
  it("is sent by its own names", async () => {
    await using facet = await open("vllm")
    await facet.generate("Hello", { minTokens: 2, topK: 5, stopTokens: [9], choices: ["a", "b"] })
    const { body } = server.asked.at(-1)!
    assert.deepInclude(body, {
      min_tokens: 2,
      top_k: 5,
      stop_token_ids: [9],
      structured_outputs: { choice: ["a", "b"] },
    })
  })

  it("is refused where it has none", async () => {
    await using facet = await open("openai")
    for (const [options, name] of [
      [{ minTokens: 2 }, "minTokens"],
      [{ topK: 2 }, "topK"],
      [{ choices: ["a"] }, "choices"],
    ] as const) {
      assert.include((await failure(facet.generate("x", options))).message, name)
    }
  })

  it("of Ollama is told how long a text may be, so that nothing is cut off", async () => {
    await using facet = await open("ollama")
    await facet.generate("Hello", { topK: 3 })
    const { body } = server.asked.at(-1)!
    assert.deepInclude(body, { truncate: false, shift: false })
    assert.deepInclude(body.options, { num_ctx: 8192, top_k: 3, repeat_penalty: 1 })
  })
})

describe("Vertex AI", () => {
  it("writes in chats below the endpoint's address, and does not judge", async () => {
    const model = { url: `${server.url}/v1/projects/p/locations/r/endpoints/7`, kind: "vertex" } as const
    await using facet = await Facet.open({ model })
    assert.strictEqual((await facet.generate("Hello")).text, "A fox sleeps.")
    assert.strictEqual(server.asked.at(-1)!.path, "/v1/projects/p/locations/r/endpoints/7/chat/completions")
    assert.include((await failure(facet.generate("Hello", { template: "none" }))).message, "template")
    const { _tag, message } = await failure(Facet.open({ model, shield: model }))
    assert.deepStrictEqual([_tag, message.includes("vertex")], ["InvalidRequestError", true])
  })
})
