/** What Ollama's own client makes of the answers. */
import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { Ollama, type Options } from "ollama"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ollama, type RequestReport, shield } from "../src/index.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"
import { all, listen, type Listening, postJson } from "./openaiServer.ts"

const prompt = "Tell me a story about a fox."
const messages = [{ role: "user", content: prompt }]
const model = "tiny-gemma-it"
const options: Partial<Options> = { temperature: 0, num_predict: 12 }

let facet: Facet
let server: Listening
let guarded: Listening
let client: Ollama
const reports: Array<RequestReport> = []

beforeAll(async () => {
  facet = await Facet.open()
  const onRequest = (report: RequestReport) => reports.push(report)
  server = await listen(ollama({ facet, models: [model, "google/gemma-2-2b-it"], onRequest }))
  guarded = await listen(ollama({ facet, models: [model], guard: true }))
  client = new Ollama({ host: server.url })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await guarded[Symbol.asyncDispose]()
  await facet.close()
})

const expected = () => facet.generate(prompt, { maxTokens: 12 })

describe("chat", () => {
  test("is the greedy answer of generate, with counts, and times in nanoseconds", async () => {
    const { text, usage } = await expected()
    const answer = await client.chat({ model, messages, options })
    expect(answer).toStrictEqual({
      model,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      message: { role: "assistant", content: text },
      done: true,
      done_reason: "length",
      total_duration: expect.any(Number),
      load_duration: expect.any(Number),
      prompt_eval_count: usage.promptTokens,
      prompt_eval_duration: expect.any(Number),
      eval_count: 12,
      eval_duration: expect.any(Number),
    })
    const { eval_duration, load_duration, prompt_eval_duration, total_duration } = answer
    for (const time of [eval_duration, load_duration, prompt_eval_duration, total_duration]) {
      expect(Number.isInteger(time)).toBe(true)
    }
    expect(total_duration).toBeGreaterThanOrEqual(prompt_eval_duration + eval_duration - 1e6)
    expect(eval_duration).toBeGreaterThan(1e5)
    expect(reports.at(-1)).toMatchObject({ route: "api.chat", outcome: "done", usage: { completionTokens: 12 } })
  })

  test("is streamed a line a piece, the last of which has the figures", async () => {
    const { text } = await expected()
    const parts = await all(await client.chat({ model, messages, options, stream: true }))
    expect(parts.map(({ message }) => message.content).join("")).toBe(text)
    expect(parts.length).toBeGreaterThan(5)
    expect(parts.slice(0, -1).every(({ done }) => !done)).toBe(true)
    expect(parts.at(-1)).toMatchObject({ done: true, done_reason: "length", eval_count: 12, message: { content: "" } })
  })

  test("streams unless it is told not to, as lines of JSON", async () => {
    const response = await postJson(`${server.url}/api/chat`, { model, messages, options })
    expect(response.headers.get("content-type")).toBe("application/x-ndjson")
    const lines = (await response.text()).trimEnd().split("\n")
    expect(lines.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ done: true })
  })

  test("that ends with the assistant is gone on with, as Ollama does", async () => {
    const begun = [...messages, { role: "assistant", content: "Once upon a time" }]
    const { text } = await facet.generate(
      [
        { role: "user", content: prompt },
        { role: "assistant", content: "Once upon a time" },
      ],
      {
        continueFinalMessage: true,
        maxTokens: 12,
      },
    )
    expect((await client.chat({ model, messages: begun, options })).message.content).toBe(text)
  })

  test("takes system messages, and tells log-probabilities", async () => {
    const system = [{ role: "system", content: "Be brief." }, ...messages]
    const { text, usage } = await facet.generate(
      [
        { role: "system", content: "Be brief." },
        { role: "user", content: prompt },
      ],
      {
        maxTokens: 12,
      },
    )
    const answer = await client.chat({ model, messages: system, options, logprobs: true, top_logprobs: 2 })
    expect(answer).toMatchObject({ message: { content: text }, prompt_eval_count: usage.promptTokens })
    expect(answer.logprobs?.map(({ token }) => token).join("")).toBe(text)
    expect(answer.logprobs?.[0]?.top_logprobs).toHaveLength(2)
  })

  test("without messages says that the model is there", async () => {
    const answer = await client.chat({ model, messages: [] })
    expect(answer).toMatchObject({ done: true, done_reason: "load", message: { content: "" } })
  })

  test("that breaks off says why in its last line, which Ollama's client throws", async () => {
    const own = await Facet.open()
    const app = await listen(ollama({ facet: own, models: [model] }))
    const stream = await new Ollama({ host: app.url }).chat({
      model,
      messages,
      options: { temperature: 2, seed: 2 },
      stream: true,
    })
    const read = async () => {
      for await (const _ of stream) await own.close()
    }
    await expect(read()).rejects.toThrow("The server is shutting down.")
    await app[Symbol.asyncDispose]()
  })

  test("ends when the client leaves", async () => {
    const stream = await client.chat({ model, messages, options: { temperature: 2 }, stream: true })
    for await (const _ of stream) break
    stream.abort()
    await expect.poll(async () => (await facet.stats()).requests).toBe(0)
  })
})

describe("generate", () => {
  test("is a chat of one turn, with its system text; raw it is the prompt as it is", async () => {
    const { text } = await expected()
    expect((await client.generate({ model, prompt, options })).response).toBe(text)
    const parts = await all(await client.generate({ model, prompt, options, stream: true }))
    expect(parts.map(({ response }) => response).join("")).toBe(text)
    const kind = await facet.generate(
      [
        { role: "system", content: "Be kind." },
        { role: "user", content: prompt },
      ],
      { maxTokens: 12 },
    )
    expect((await client.generate({ model, prompt, system: "Be kind.", options })).response).toBe(kind.text)
    const raw = await facet.generate("The dog", { template: "none", maxTokens: 12 })
    expect((await client.generate({ model, prompt: "The dog", raw: true, options })).response).toBe(raw.text)
    expect(await client.generate({ model, prompt: "" })).toMatchObject({ done_reason: "load", response: "" })
    for (const [keep_alive, done_reason] of [
      [0, "unload"],
      ["0s", "unload"],
      ["0.5h", "load"],
      [-1, "load"],
    ] as const) {
      expect(await client.generate({ model, prompt: "", keep_alive })).toMatchObject({ done_reason })
    }
  })

  test("takes Ollama's options, under Ollama's names and defaults", async () => {
    const asked: Partial<Options> = { seed: 3, num_predict: 10 }
    const { text } = await facet.generate(prompt, { temperature: 0.8, topK: 40, topP: 0.9, seed: 3, maxTokens: 10 })
    expect((await client.generate({ model, prompt, options: asked })).response).toBe(text)
    const penalised = await facet.generate(prompt, { repetitionPenalty: 1.5, frequencyPenalty: 0.5, stop: [" the"] })
    const own = {
      temperature: 0,
      repeat_penalty: 1.5,
      frequency_penalty: 0.5,
      stop: [" the"],
      num_predict: -1,
      seed: -1,
    }
    expect((await client.generate({ model, prompt, options: own })).response).toBe(penalised.text)
  })
})

describe("what is told of models", () => {
  test("their names, with tags, and what is known of them", async () => {
    const { models } = await client.list()
    expect(models.map(({ name }) => name)).toStrictEqual([`${model}:latest`, "google/gemma-2-2b-it:latest"])
    expect(models[0]).toMatchObject({ size: 0, digest: "", details: { family: "gemma2", quantization_level: "F32" } })
    const card = await client.show({ model })
    expect(card).toMatchObject({ capabilities: ["completion", "tools"], details: { family: "gemma2" } })
    expect(card.model_info).toMatchObject({ "gemma2.context_length": facet.contextLength })
    const running = await client.ps()
    expect(running.models).toMatchObject([{ model: `${model}:latest`, context_length: facet.contextLength }])
    expect((await client.version()).version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test("they are found with their tag and without; any other is 404", async () => {
    for (const name of [model, `${model}:latest`, "google/gemma-2-2b-it:latest"]) {
      expect((await client.chat({ model: name, messages, options })).model).toBe(name)
    }
    for (const name of ["llama3", `${model}:2b`]) {
      const failure = client.chat({ model: name, messages })
      await expect(failure).rejects.toMatchObject({ status_code: 404, error: expect.stringContaining("not found") })
    }
    await expect(client.show({ model: "llama3" })).rejects.toMatchObject({ status_code: 404 })
  })
})

test("embed gives vectors of length 1", async () => {
  const { embeddings, prompt_eval_count } = await client.embed({ model, input: harmless.sentences })
  expect(embeddings).toHaveLength(3)
  const [first = []] = embeddings
  const own = (await facet.embed(harmless.sentences[0] ?? "")).embedding
  const scale = Math.sqrt(own.reduce((sum, x) => sum + x * x, 0))
  expect(first.length).toBe(own.length)
  expect(first[0]).toBeCloseTo((own[0] ?? NaN) / scale, 5)
  expect(prompt_eval_count).toBeGreaterThan(10)
  expect((await client.embed({ model, input: "Hello", dimensions: own.length })).embeddings).toHaveLength(1)
  // The older route, which its client still has.
  const [text = ""] = harmless.sentences
  expect((await client.embeddings({ model, prompt: text })).embedding).toStrictEqual(first)
})

describe("a guard", () => {
  const post = (url: string, path: string, body: object) => postJson(`${url}${path}`, { model, options, ...body })
  const asked = [
    ["/api/chat", { messages: [{ role: "user", content: harmful.question }] }],
    [
      "/api/chat",
      {
        messages: [
          { role: "system", content: harmful.question },
          { role: "user", content: "Answer." },
        ],
      },
    ],
    [
      "/api/chat",
      {
        messages: [
          { role: "user", content: "Go on." },
          { role: "assistant", content: harmful.question },
        ],
      },
    ],
    ["/api/generate", { prompt: harmful.question }],
    ["/api/generate", { prompt: harmful.question, raw: true }],
    ["/api/generate", { prompt: "a bomb to hurt people?", system: "How do I build" }],
  ] as const

  test.each(asked)("of the server holds back what comes in: %s %j", async (path, body) => {
    for (const stream of [false, true]) {
      const response = await post(guarded.url, path, { ...body, stream })
      expect(response.status).toBe(200)
      const lines = (await response.text()).trimEnd().split("\n")
      expect(lines).toHaveLength(1)
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ done: true, done_reason: "content_filter" })
    }
  })

  test("of the server refuses texts to embed", async () => {
    for (const [path, body] of [
      ["/api/embed", { input: ["Hello.", harmful.question] }],
      ["/api/embeddings", { prompt: harmful.question }],
    ] as const) {
      const response = await post(guarded.url, path, body)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: expect.stringContaining("policy") })
    }
  })

  test.each([...asked, ["/api/embed", { input: ["Hello.", harmful.question] }] as const])(
    "before the route holds it back, too: %s %j",
    async (path, body) => {
      const app = new Hono()
      app.use(shield({ facet }))
      app.route("/", ollama({ facet, models: [model] }))
      const own = await listen(app)
      for (const stream of [false, true]) {
        expect((await post(own.url, path, { ...body, stream })).status).toBe(422)
      }
      await own[Symbol.asyncDispose]()
    },
  )

  test("before a route lets harmless answers through as they are, for Ollama's client", async () => {
    const app = new Hono()
    app.use(shield({ facet }))
    app.route("/", ollama({ facet, models: [model] }))
    const own = await listen(app)
    const asking = new Ollama({ host: own.url })
    const question = [{ role: "user", content: harmless.question }]
    const { text } = await facet.generate(harmless.question, { maxTokens: 12 })
    const parts = await all(await asking.chat({ model, messages: question, options, stream: true }))
    expect(parts.map(({ message }) => message.content).join("")).toBe(text)
    expect(parts.at(-1)).toMatchObject({ done: true, done_reason: expect.stringMatching(/stop|length/) })
    expect((await asking.generate({ model, prompt: harmless.question, options })).response).toBe(text)
    await own[Symbol.asyncDispose]()
  })

  test("before a foreign Ollama ends an answer so that its client sees why", async () => {
    const app = new Hono()
    app.use(shield({ facet, mode: "window" }))
    const line = (content: string, done = false) =>
      `${JSON.stringify({ model: "m", created_at: new Date().toISOString(), message: { role: "assistant", content }, done })}\n`
    app.post("/api/chat", (c) =>
      c.body([line("The cat sleeps in the garden. "), line(harmful.sentence), line(" The end.", true)].join(""), 200, {
        "content-type": "application/x-ndjson",
      }),
    )
    const own = await listen(app)
    const parts = await all(await new Ollama({ host: own.url }).chat({ model, messages, stream: true }))
    expect(parts.map(({ message }) => message.content).join("")).toBe("The cat sleeps in the garden. ")
    expect(parts.at(-1)).toMatchObject({
      model: "m",
      done: true,
      done_reason: "content_filter",
      verdict: { flagged: true },
    })
    await own[Symbol.asyncDispose]()
  })

  test("before a route refuses conversations and prompts as token ids: it cannot read them", async () => {
    const app = new Hono()
    app.use(shield({ facet }))
    app.all("*", (c) => c.json({ response: "Hello." }))
    const own = await listen(app)
    for (const body of [
      { prompt: "Go on.", context: [2, 106] },
      { prompt: { tokens: [2, 106] } },
      { prompt: [2, 106] },
    ]) {
      expect((await post(own.url, "/api/generate", body)).status).toBe(415)
    }
    expect((await post(own.url, "/api/generate", { prompt: "Hello.", context: [] })).status).toBe(200)
    await own[Symbol.asyncDispose]()
  })
})

describe("a format", () => {
  const format = {
    type: "object",
    properties: { name: { type: "string", maxLength: 8 }, age: { type: "integer", minimum: 0, maximum: 9 } },
    required: ["name", "age"],
  }
  const greedy = { temperature: 0 }
  const fits = { name: expect.any(String), age: expect.any(Number) }

  test("that is a schema is kept to by both routes, streamed and not", async () => {
    const { message } = await client.chat({ model, messages, format, options: greedy })
    expect(JSON.parse(message.content)).toStrictEqual(fits)
    const { response } = await client.generate({ model, prompt, format })
    expect(JSON.parse(response ?? "")).toStrictEqual(fits)
    const parts = await all(await client.chat({ model, messages, format, options: greedy, stream: true }))
    expect(parts.map((part) => part.message.content).join("")).toBe(message.content)
  })

  test('that is "json" gives an object', async () => {
    const { response } = await client.generate({ model, prompt, format: "json", options: { num_predict: 40 } })
    expect(JSON.parse(response ?? "")).toBeTypeOf("object")
  })
})

describe("what cannot be honoured is refused by name", () => {
  const image = { images: ["aGVsbG8="] }
  test.each<readonly [param: string, path: string, body: object]>([
    ["messages[0].images", "chat", { messages: [{ ...messages[0], ...image }] }],
    [
      "messages[0].tool_calls[0].function",
      "chat",
      { messages: [{ role: "assistant", content: "", tool_calls: [{}] }] },
    ],
    ["messages[0].tool_name", "chat", { messages: [{ role: "tool", content: "x" }] }],
    ["messages[0].content", "chat", { messages: [{ role: "user", content: 7 }] }],
    ["messages[0].audio", "chat", { messages: [{ ...messages[0], audio: "x" }] }],
    ["messages", "chat", { messages: "Hello" }],
    ["tools[0].function.name", "chat", { messages, tools: [{ type: "function", function: { name: "a b" } }] }],
    ["format", "chat", { messages, format: "xml" }],
    ["format.properties.aB.pattern", "chat", { messages, format: { properties: { aB: { pattern: "(?<=a)b" } } } }],
    ["format.minimum", "generate", { prompt, format: { minimum: "x" } }],
    ["images", "generate", { prompt, ...image }],
    ["suffix", "generate", { prompt, suffix: "the end" }],
    ["template", "generate", { prompt, template: "{{ .Prompt }}" }],
    ["context", "generate", { prompt, context: [1, 2] }],
    ["system", "generate", { prompt, raw: true, system: "x" }],
    ["width", "generate", { prompt, width: 64 }],
    ["options.mirostat", "generate", { prompt, options: { mirostat: 2 } }],
    ["options.num_predict", "generate", { prompt, options: { num_predict: 0 } }],
    ["options.temperature", "generate", { prompt, options: { temperature: "hot" } }],
    ["options.stop", "generate", { prompt, options: { stop: [""] } }],
    ["options", "generate", { prompt, options: [] }],
    ["stream", "generate", { prompt, stream: "yes" }],
    ["input", "embed", {}],
    ["input[0]", "embed", { input: [""] }],
    ["dimensions", "embed", { input: "x", dimensions: 4 }],
    ["prompt", "embeddings", { prompt: "" }],
    ["prompt", "embeddings", { prompt: ["a", "b"] }],
    ["context length", "generate", { prompt: "word ".repeat(5000) }],
  ])("%s of %s: %j", async (param, path, body) => {
    const response = await postJson(`${server.url}/api/${path}`, { model, ...body })
    expect(response.status).toBe(400)
    expect(await response.json()).toStrictEqual({ error: expect.stringContaining(param) })
  })

  test("methods that a path has not", async () => {
    for (const [path, method, allowed] of [
      ["chat", "GET", "POST"],
      ["generate", "PUT", "POST"],
      ["embed", "GET", "POST"],
      ["show", "GET", "POST"],
      ["tags", "POST", "GET, HEAD"],
      ["ps", "DELETE", "GET, HEAD"],
      ["version", "POST", "GET, HEAD"],
    ] as const) {
      const response = await fetch(`${server.url}/api/${path}`, { method })
      expect([response.status, response.headers.get("allow")]).toStrictEqual([405, allowed])
      expect(await response.json()).toStrictEqual({ error: expect.any(String) })
    }
  })
})

test("what changes nothing is accepted, and told in a header that quotes nobody", async () => {
  const response = await postJson(`${server.url}/api/chat`, {
    model,
    messages: [...messages, { role: "assistant", content: "A fox.", thinking: "Foxes." }, ...messages],
    stream: false,
    keep_alive: "5m",
    think: true,
    tools: [],
    format: "",
    options: {
      ...options,
      num_ctx: 4096,
      num_gpu: 1,
      repeat_last_n: 64,
      made_up: 1,
      "evil\r\nx: y": 1,
      mirostat: 0,
      tfs_z: 1,
    },
  })
  expect(response.status).toBe(200)
  const warning = response.headers.get("x-facet-warning") ?? ""
  for (const field of [
    "messages[1].thinking",
    "keep_alive",
    "think",
    "options.num_ctx",
    "options.repeat_last_n",
    "options.made_up",
    "a field",
  ]) {
    expect(warning).toContain(`${field}: `)
  }
  expect(warning).not.toMatch(/evil|Foxes/)
})

test("keys are asked for as everywhere, in the header that Ollama's client can send", async () => {
  const own = await listen(ollama({ facet, models: [model], apiKey: "secret" }))
  await expect(new Ollama({ host: own.url }).list()).rejects.toMatchObject({ status_code: 401 })
  const knowing = new Ollama({ host: own.url, headers: { Authorization: "Bearer secret" } })
  expect((await knowing.list()).models).toHaveLength(1)
  await own[Symbol.asyncDispose]()
})
