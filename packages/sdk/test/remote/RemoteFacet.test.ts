/** Effects behind a server are those of the page: the same results, errors and ends. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { format } from "node:util"
import { effects } from "@facet/hono-plugin"
import {
  ClosedError,
  ContextOverflowError,
  definePolicy,
  Facet,
  type GenerateOptions,
  type GenerationPart,
  InvalidRequestError,
  ModelNotFoundError,
  OverloadedError,
  policies,
  type Prompt,
} from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import * as z from "zod"
import { listen, type Listening } from "../../../../test/listen.ts"
import type { Effects } from "../../src/remote/Effects.ts"
import { RemoteError } from "../../src/remote/RemoteError.ts"
import { RemoteFacet } from "../../src/remote/RemoteFacet.ts"

const prompt = "Tell me a story about a fox."
/** Never ends by itself: what would end a turn is forbidden. */
const endless = { logitBias: { 1: -100, 107: -100 } }

let facet: Facet
let server: Listening
let remote: RemoteFacet

/** Answers that no effects give. */
const odd = new Hono()
  .get("/page/facet", (c) => c.html("<!doctype html><title>App</title>"))
  .post("/page/facet/:effect", (c) => c.html("<!doctype html><title>App</title>"))
  .post("/gone/facet/:effect", (c) => c.text("Not here.", 404))
  .post("/cut/facet/generate", (c) =>
    c.body('{"type":"text","text":"One","tokens":[656]}\n{"type":"te', 200, { "content-type": "application/x-ndjson" }),
  )
  .post("/unfinished/facet/generate", (c) =>
    c.body('\n{"type":"text","text":"One","tokens":[656]}\n', 200, { "content-type": "application/x-ndjson" }),
  )
  .post("/newer/facet/generate", (c) =>
    c.body('{"type":"thought","text":"Hm"}\n', 200, { "content-type": "application/x-ndjson" }),
  )
  .post("/newer/facet/:effect", (c) => c.json({ verdicts: [] }))
  .get("/newer/facet", (c) => c.json({ name: "tiny" }))
  .post("/wrong/facet/generate", (c) =>
    c.body('{"type":"text","text":"One","tokens":["fox"]}\n', 200, { "content-type": "application/x-ndjson" }),
  )
  .post("/wrong/facet/shield", (c) => c.json({ flagged: "yes", policies: [], tokens: { judged: 1, cached: 0 } }))
  .post("/wrong/facet/inspect", (c) => c.json({ site: "attic", layer: 1, tokens: [] }))
  .post("/wrong/facet/score", (c) => c.json({ tokens: [{ token: "a", id: 1 }], perplexity: null }))
  .post("/wrong/facet/embed", (c) => c.json({ embedding: [1, 2], layer: 0, tokens: 1 }))
  .post("/wrong/facet/tokens/:effect", (c) => c.json({ count: "3", tokens: [1.5], text: 7 }))
  .post("/wrong/facet/calibrate", (c) => c.json({ questions: { q: { type: "boolean" } }, reports: {} }))
  .post("/wrong/facet/decide", (c) =>
    c.json({ answers: { q: { type: "boolean", probability: 0.5 } }, tokens: { judged: 1, cached: 0 } }),
  )
  .get("/wrong/facet", (c) => c.json({ model: "tiny", device: { name: "cpu" } }))
  .post("/broken/facet/generate", (c) => c.body("<html>\n", 200, { "content-type": "application/x-ndjson" }))
  .post("/broken/facet/:effect", (c) => c.body("<html>", 200, { "content-type": "application/json" }))
  .post("/unknown/facet/:effect", (c) =>
    c.json({ title: "New", detail: "Something new.", error: { _tag: "NewError", depth: 3 } }, 418, {
      "content-type": "application/problem+json",
    }),
  )
  .post("/late/facet/generate", (c) =>
    c.body(
      '{"type":"text","text":"One","tokens":[656]}\n' +
        '{"type":"error","problem":{"status":503,"error":{"_tag":"OverloadedError","message":"","limit":7}}}\n',
      200,
      { "content-type": "application/x-ndjson" },
    ),
  )

beforeAll(async () => {
  facet = await Facet.open({ queue: 2 })
  const app = new Hono()
  app.route("/", effects({ facet, maxBodyBytes: 50_000 }))
  app.route("/keyed", effects({ facet, apiKey: "secret" }))
  app.route("/nowhere", effects({ model: "/nowhere/model" }))
  app.route("/", odd)
  server = await listen(app)
  remote = new RemoteFacet({ url: `${server.url}/` })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await facet.close()
})

const at = (path: string) => new RemoteFacet({ url: `${server.url}/${path}` })

const requests = async () => (await facet.stats()).requests
const settled = () => vi.waitFor(async () => expect(await requests()).toBe(0), { timeout: 20_000, interval: 5 })

const failureOf = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error("it did not fail")
}

async function all<A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> {
  const list: Array<A> = []
  for await (const item of items) list.push(item)
  return list
}

/**
 * Times differ from run to run; so does what hangs on them: how much the prefix cache held, and, beside a guard that
 * judges while the model goes on, when a verdict comes and how far the model was when it was stopped.
 */
function comparable(parts: ReadonlyArray<GenerationPart>): unknown {
  const kinds = ["text", "trace", "verdict", "failure", "finish"] as const
  return kinds.map((kind) => parts.filter(({ type }) => type === kind).map(withoutTimes))
}

function withoutTimes(part: GenerationPart): unknown {
  if (part.type === "verdict") return { ...part, verdict: { ...part.verdict, tokens: undefined } }
  if (part.type !== "finish") return part
  const { finishReason, guard, logprobs, timings, tokens, usage } = part
  const isCut = finishReason === "blocked"
  return {
    finishReason,
    logprobs,
    prompt: [tokens!.prompt, usage.promptTokens],
    completion: isCut ? undefined : [tokens!.completion, usage.completionTokens],
    times: Object.values(timings).map(Number.isFinite),
    guard: guard && { released: guard.releasedCharacters, of: guard.blocked?.of, reason: guard.blocked?.reason },
  }
}

/** To the fifth digit: what comes out of the prefix cache is rounded otherwise than what is run anew. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, one) => (typeof one === "number" ? Math.round(one * 1e4) / 1e4 : one))

describe("an answer of a schema", () => {
  const schema = z.object({ name: z.string().min(2).max(12), age: z.int().min(0).max(9) })
  const shouted = schema.transform(({ name }) => name.toUpperCase())

  test("is validated here, where the schema is, and comes in parts", async () => {
    const [near, far] = [
      await facet.generate(prompt, { schema: shouted }),
      await remote.generate(prompt, { schema: shouted }),
    ]
    expect(far.object).toBe(JSON.parse(far.text).name.toUpperCase())
    expect(far.object).toBe(near.object)
    const parts = await all(remote.stream({ prompt, schema }))
    const objects = parts.flatMap((part) => (part.type === "text" && part.object !== undefined ? [part.object] : []))
    expect(objects.length).toBeGreaterThan(2)
    expect(parts.at(-1)).toMatchObject({ type: "finish", object: objects.at(-1) })
    const refused = failureOf(() => remote.generate(prompt, { schema: schema.refine(() => false, "nobody") }))
    expect(await refused).toMatchObject({ _tag: "InvalidObjectError", problem: "nobody" })
  })

  test("travels as its text alone: no value of a part is sent", async () => {
    const body = JSON.stringify({ prompt, options: { schema: z.toJSONSchema(schema) } })
    const headers = { "content-type": "application/json" }
    const response = await fetch(`${server.url}/facet/generate`, { method: "POST", headers, body })
    const lines = (await response.text()).trimEnd().split("\n")
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty("object")
  })

  test("of a schema that the server cannot follow is refused by its path", async () => {
    const odd = { type: "object", properties: { a: { type: "string", pattern: "(?<=a)b" } } }
    const error = await failureOf(() => remote.generate(prompt, { schema: odd }))
    expect(error).toMatchObject({
      _tag: "InvalidRequestError",
      option: expect.stringMatching(/^schema\.properties\.a/),
    })
  })

  test("of a deeply nested schema is sent", async () => {
    const deep = Array.from({ length: 40 }).reduce<object>(
      (inner) => ({ type: "array", items: inner, minItems: 1, maxItems: 1 }),
      { const: 1 },
    )
    const { text } = await remote.generate(prompt, { schema: { ...deep } })
    expect(text).toBe(`${"[".repeat(40)}1${"]".repeat(40)}`)
  })
})

describe("a stream has the same parts as in the page", () => {
  const strict = definePolicy({ ...policies.harassment, threshold: 0 })
  const chat: Prompt = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello! 👋" },
    { role: "assistant", content: "Hello." },
    { role: "user", content: "Tell me a story.\nAbout a \u{1F98A}." },
  ]
  const cases: ReadonlyArray<readonly [name: string, prompt: Prompt, options: GenerateOptions]> = [
    ["greedy", prompt, { maxTokens: 12 }],
    ["a chat", chat, { maxTokens: 8 }],
    ["sampled by a seed", prompt, { maxTokens: 12, temperature: 1, topK: 40, topP: 0.9, seed: 7 }],
    ["penalties and bias", prompt, { maxTokens: 12, repetitionPenalty: 1.3, frequencyPenalty: 0.5, ...endless }],
    ["stop strings", prompt, { maxTokens: 40, stop: [".", "fox"] }],
    ["no template", "The dog", { maxTokens: 8, template: "none" }],
    ["an empty prompt", "", { maxTokens: 4 }],
    ["a trace", prompt, { maxTokens: 6, trace: true }],
    ["traces", prompt, { maxTokens: 4, trace: [{ layer: 4, topK: 2 }] }],
    ["log-probabilities", prompt, { maxTokens: 5, logprobs: 3 }],
    [
      "a guard that holds all back until the end",
      prompt,
      { guard: { mode: "buffer", policies: ["sexually_explicit"] }, maxTokens: 12 },
    ],
    ["a guard", prompt, { guard: true, maxTokens: 12 }],
    ["a guard that blocks what comes in", prompt, { guard: { policies: [strict] }, maxTokens: 12 }],
    ["a guard that blocks what goes out", prompt, { guard: { input: false, policies: [strict] }, maxTokens: 12 }],
    ["an audit", prompt, { guard: { mode: "audit", policies: [strict] }, maxTokens: 12 }],
    [
      "a guard that cannot judge, and may let through",
      prompt,
      { guard: { timeoutMs: 0.001, onError: "allow" }, maxTokens: 3 },
    ],
  ]

  test.each(cases)("%s", async (_, asked, options) => {
    const [here, there] = [await all(facet.stream(asked, options)), await all(remote.stream(asked, options))]
    expect(here.at(-1)?.type).toBe("finish")
    expect(rounded(comparable(there))).toStrictEqual(rounded(comparable(here)))
    for (const [i, part] of there.entries()) if (part.type === "failure") expectSame(part.error, errorOf(here[i]))
  })

  test("the request may be one object, as in the page", async () => {
    const parts = await all(remote.stream({ prompt, maxTokens: 3 }))
    expect(parts.map(({ type }) => type)).toStrictEqual(["text", "text", "text", "finish"])
  })
})

const errorOf = (part: GenerationPart | undefined): unknown => (part?.type === "failure" ? part.error : undefined)

/** The same class with the same fields. */
function expectSame(there: unknown, here: unknown): void {
  expect(here).toBeInstanceOf(Error)
  expect(Object.getPrototypeOf(there)).toBe(Object.getPrototypeOf(here))
  expect({ ...Object(there) }).toStrictEqual({ ...Object(here) })
  expect(there).toMatchObject({ message: (here as Error).message })
}

test("generate, shield and inspect give what they give in the page", async () => {
  const options = { maxTokens: 8, trace: true, logprobs: true, guard: true } as const
  const [here, there] = [await facet.generate(prompt, options), await remote.generate(prompt, options)]
  expect(there).toMatchObject({ prompt, text: here.text, tokens: here.tokens, finishReason: here.finishReason })
  expect(rounded(there.traces)).toStrictEqual(rounded(here.traces))
  expect(there.logprobs).toHaveLength(8)
  expect(there.verdicts.output?.flagged).toBe(false)
  const contents = ["How do I pick a lock?", { prompt, response: "Once." }, { response: "" }, there] as const
  for (const content of contents) {
    const [one, other] = [await facet.shield(content), await remote.shield(content)]
    expect(rounded(other.policies)).toStrictEqual(rounded(one.policies))
  }
  for (const text of ["The dog sleeps.", "", "Ünï \u{1F98A}", there]) {
    const [one, other] = [await facet.inspect(text, { topK: 3 }), await remote.inspect(text, { topK: 3 })]
    expect(rounded(other)).toStrictEqual(rounded(one))
  }
})

test("decide gives what it gives in the page", async () => {
  const questions = {
    animal: { type: "choice", instructions: "Which animal is it about?", criteria: ["dog", "fox"], threshold: 0.5 },
    joy: { type: "score", instructions: "How joyful is it?", criteria: { min: 0, max: 10 } },
    danger: { type: "boolean", policy: "dangerous_content" },
  } as const
  const text = "The fox sang a song."
  const [here, there] = [await facet.decide(text, questions), await remote.decide(text, questions)]
  expect(rounded(there.answers)).toStrictEqual(rounded(here.answers))
  expect(Object.keys(there.answers.animal.probabilities)).toStrictEqual(["dog", "fox"])
})

test("calibrate gives what it gives in the page, and decide takes it", async () => {
  const questions = { danger: { type: "boolean", policy: "dangerous_content" } } as const
  const examples = [
    { state: "How do I build a bomb to hurt people?", answers: { danger: true } },
    { state: "How do I bake bread?", answers: { danger: false } },
  ]
  const [here, there] = [await facet.calibrate(questions, examples), await remote.calibrate(questions, examples)]
  expect(rounded(there)).toStrictEqual(rounded(here))
  const text = "The fox sang a song."
  const [one, other] = [
    await facet.decide(text, questions, { calibration: here }),
    await remote.decide(text, questions, { calibration: there }),
  ]
  expect(rounded(other.answers)).toStrictEqual(rounded(one.answers))
})

test("score and embed give what they give in the page", async () => {
  for (const text of ["The dog sleeps.", "", "Ünï \u{1F98A}", await facet.tokens.render("Hello")]) {
    const options = { alternatives: 2 }
    expect(rounded(await remote.score(text, options))).toStrictEqual(rounded(await facet.score(text, options)))
  }
  const [here, there] = [await facet.embed("The dog sleeps."), await remote.embed("The dog sleeps.")]
  expect(there.embedding).toBeInstanceOf(Float32Array)
  expect(rounded(there)).toStrictEqual(rounded(here))
})

test("features are found by their labels as in the page", async () => {
  const found = await facet.searchFeatures("a", { topK: 4 })
  expect(found).toHaveLength(4)
  expect(await remote.searchFeatures("a", { topK: 4 })).toStrictEqual(found)
})

test("all that looks inside gives what it gives in the page", async () => {
  const of = async (one: Effects) => ({
    traces: await one.inspectAll("A dog.", { topK: 2 }),
    lens: await one.lens("A dog.", { layers: [1, 4], topK: 2 }),
    logits: await one.featureLogits({ features: [184], layer: 4, topK: 2 }),
    vectors: await one.contrast([{ positive: "A happy fox.", negative: "A sad fox." }], { layers: [3] }),
  })
  const there = await of(remote)
  expect(there.vectors[0]?.vector).toBeInstanceOf(Float32Array)
  expect(rounded(there)).toStrictEqual(rounded(await of(facet)))
})

test("a model behind a server of ours does what one here does", async () => {
  const place = { url: server.url, kind: "facet" } as const
  await using there = await Facet.open({ model: place, shield: place })
  const of = async (one: Facet) => ({
    ...(await one.generate(prompt, { maxTokens: 4, trace: { layer: 4, topK: 1 } })),
    timings: undefined,
    usage: undefined,
    verdict: (await one.shield("You fox.", { policies: ["harassment"] })).policies,
    trace: await one.inspect("A dog.", { topK: 1 }),
    lens: await one.lens("A dog.", { layers: [4], topK: 1 }),
    answers: (await one.decide("A dog.", { pet: { type: "boolean", instructions: "Is it about a pet?" } })).answers,
    vector: await one.embed("A dog."),
    score: await one.score("A dog."),
    rendered: await one.tokens.render("Hello"),
  })
  expect(rounded(await of(there))).toStrictEqual(rounded(await of(facet)))
  const steering = { interventions: [{ type: "ablate", feature: 184, layer: 4, site: "resid_post" }] } as const
  expect(await failureOf(() => there.inspect("A dog.", steering))).toBeInstanceOf(InvalidRequestError)
})

test("tokens are those of the page", async () => {
  const chat = [{ role: "user", content: "Hello" }] as const
  const of = async ({ tokens }: Effects) => ({
    count: await tokens.count(chat),
    ids: await tokens.encode("A dog.", { bos: false }),
    text: await tokens.decode(await tokens.encode("Ünï \u{1F98A}")),
    none: await tokens.decode([]),
    rendered: await tokens.render(chat, { addGenerationPrompt: false }),
  })
  expect(await of(remote)).toStrictEqual(await of(facet))
})

test("a site's tensor comes as it is, to the last bit", async () => {
  const options = { layer: 2, topK: 0, activations: true }
  const [here, there] = [await facet.inspect("A dog.", options), await remote.inspect("A dog.", options)]
  expect(there.activations).toBeInstanceOf(Float32Array)
  expect(there.activations).toStrictEqual(here.activations)
})

test("a generation with a long trace is judged and traced without sending the trace", async () => {
  const generation = await facet.generate(prompt, { maxTokens: 60, ...endless, trace: { layer: 4, topK: 50 } })
  expect(JSON.stringify(generation).length).toBeGreaterThan(50_000)
  expect((await remote.shield(generation)).flagged).toBe((await facet.shield(generation)).flagged)
  expect((await remote.inspect(generation)).tokens.length).toBeGreaterThan(60)
})

test("describe tells the model and the device", async () => {
  expect(await remote.describe()).toStrictEqual({ model: facet.model, device: facet.device })
})

describe("typed errors are those of the page, by class and fields", () => {
  const wrong: ReadonlyArray<readonly [name: string, ask: (one: Effects) => Promise<unknown>]> = [
    ["temperature", (one) => one.generate(prompt, { temperature: 200 })],
    ["maxTokens", (one) => one.generate(prompt, { maxTokens: 0 })],
    ["half a character", (one) => one.generate("half \ud83d")],
    ["an unknown option", (one) => one.generate(prompt, { colour: "red" } as GenerateOptions)],
    ["a role", (one) => one.generate([{ role: "tool" as "user", content: "x" }])],
    // @ts-expect-error: for those who use no types
    ["no prompt", (one) => one.generate()],
    // @ts-expect-error: for those who use no types
    ["null for a prompt", (one) => one.generate(null)],
    // @ts-expect-error: for those who use no types
    ["null for options", (one) => one.shield("x", null)],
    // @ts-expect-error: for those who use no types
    ["a signal that is none", (one) => one.shield("x", { signal: 7 })],
    ["a token that is not there", (one) => one.generate(prompt, { logitBias: { 9_999_999: 1 } })],
    ["two traces of one site", (one) => one.generate(prompt, { trace: [{}, {}] })],
    ["a policy", (one) => one.shield("x", { policies: ["rudeness"] })],
    ["no policies", (one) => one.shield("x", { policies: [] })],
    // @ts-expect-error: for those who use no types
    ["no content", (one) => one.shield()],
    ["a layer", (one) => one.inspect("x", { layer: 99 })],
    ["a site", (one) => one.inspect("x", { site: "attic", layer: 1 })],
    ["a question", (one) => one.decide("x", { q: { type: "choice", criteria: ["alone"] } })],
    ["no questions", (one) => one.decide("x", {})],
    ["examples", (one) => one.calibrate({ q: { type: "score" } }, [])],
    [
      "a calibration of other questions",
      (one) => one.decide("x", { q: { type: "score" } }, { calibration: { questions: {} } }),
    ],
    ["alternatives", (one) => one.score("x", { alternatives: 99 })],
    ["a layer to embed at", (one) => one.embed("x", { layer: 99 })],
    ["features of a layer that is not there", (one) => one.searchFeatures("x", { layer: 99 })],
    ["an id that is not there", (one) => one.tokens.decode([9_999_999])],
    ["no ids", (one) => one.tokens.decode("12" as unknown as ReadonlyArray<number>)],
    ["a template", (one) => one.tokens.render("x", { template: "fancy" as "chat" })],
    // @ts-expect-error: for those who use no types
    ["no state", (one) => one.decide(undefined, { q: { type: "boolean", instructions: "Is it?" } })],
    ["a text that is too long", (one) => one.decide("fox ".repeat(4000), { q: { type: "score" } })],
    ["a prompt that is too long", (one) => one.generate("fox ".repeat(4000))],
  ]
  test.each(wrong)("%s", async (_, ask) => {
    expectSame(await failureOf(() => ask(remote)), await failureOf(() => ask(facet)))
  })

  test("what JSON cannot say is refused before it is sent", async () => {
    const cyclic: Array<unknown> = []
    cyclic.push(cyclic)
    const cases: ReadonlyArray<readonly [option: string, options: object]> = [
      ["temperature", { temperature: Number.NaN }],
      ["maxTokens", { maxTokens: Infinity }],
      ["logitBias", { logitBias: new Map([[1, 2]]) }],
      ["stop[0]", { stop: [() => "x"] }],
      ["seed", { seed: 7n }],
    ]
    for (const [option, options] of cases) {
      const error = await failureOf(() => remote.generate(prompt, options))
      expect(error).toBeInstanceOf(InvalidRequestError)
      expect(error).toMatchObject({ option })
    }
    const error = await failureOf(() => remote.generate(prompt, { stop: cyclic as ReadonlyArray<string> }))
    expect(error).toBeInstanceOf(InvalidRequestError)
  })

  test("a full queue", async () => {
    const leaving = new AbortController()
    const { signal } = leaving
    const running = [1, 2].map(() => facet.generate(prompt, { ...endless, signal }).catch(() => undefined))
    await vi.waitFor(async () => expect(await requests()).toBe(2), { interval: 5 })
    const error = await failureOf(() => remote.shield("Hello"))
    leaving.abort()
    await Promise.all(running)
    expect(error).toBeInstanceOf(OverloadedError)
    expect(error).toMatchObject({ limit: 2 })
    await settled()
  })

  test("a model that the server has not: the class, without the server's paths", async () => {
    const error = await failureOf(() => at("nowhere").describe())
    expect(error).toBeInstanceOf(ModelNotFoundError)
    expect((error as Error).message).not.toContain("/nowhere")
  })

  test("in mid-stream, after the parts that came", async () => {
    const own = effects({ queue: 5 })
    await using there = await listen(own)
    const parts = new RemoteFacet({ url: there.url }).stream(prompt, endless)
    expect(await parts.next()).toMatchObject({ value: { type: "text" } })
    await own.dispose()
    expect(await failureOf(() => all(parts))).toBeInstanceOf(ClosedError)
  })

  test("in mid-stream, with its fields", async () => {
    const texts: Array<GenerationPart> = []
    const error = await failureOf(async () => {
      for await (const part of at("late").stream(prompt)) texts.push(part)
    })
    expect(texts).toHaveLength(1)
    expectSame(error, new OverloadedError({ limit: 7 }))
    expect(await failureOf(() => at("late").generate(prompt))).toBeInstanceOf(OverloadedError)
  })

  test("context overflow is told before the first part", async () => {
    expect(await failureOf(() => remote.generate("fox ".repeat(4000)))).toBeInstanceOf(ContextOverflowError)
  })
})

describe("aborting", () => {
  test("in mid-stream reaches the engine, and rejects with the signal's reason", async () => {
    const leaving = new AbortController()
    const parts = remote.stream(prompt, { ...endless, signal: leaving.signal })
    await parts.next()
    expect(await requests()).toBe(1)
    leaving.abort("no longer needed")
    expect(await failureOf(() => parts.next())).toBe("no longer needed")
    await settled()
  })

  test("while nobody asks for the next part reaches the engine too", async () => {
    const leaving = new AbortController()
    const parts = remote.stream(prompt, { ...endless, signal: leaving.signal })
    await parts.next()
    leaving.abort()
    await settled()
    expect(await failureOf(() => parts.next())).toMatchObject({ name: "AbortError" })
  })

  test("leaving the loop reaches the engine", async () => {
    for await (const _ of remote.stream(prompt, endless)) break
    await settled()
  })

  test.each<readonly [name: string, ask: (signal: AbortSignal) => Promise<unknown>]>([
    ["generate", (signal) => remote.generate(prompt, { ...endless, signal })],
    ["shield", (signal) => remote.shield("fox ".repeat(2000), { signal })],
    ["inspect", (signal) => remote.inspect("fox ".repeat(400), { signal })],
  ])("%s, while it works", async (_, ask) => {
    const leaving = new AbortController()
    const failure = failureOf(() => ask(leaving.signal))
    await vi.waitFor(async () => expect(await requests()).toBe(1), { interval: 1 })
    leaving.abort("enough")
    expect(await failure).toBe("enough")
    await settled()
  })

  test("before anything is asked sends nothing", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>()
    const silent = new RemoteFacet({ url: server.url, fetch })
    const signal = AbortSignal.abort("never mind")
    for (const ask of [
      () => silent.describe({ signal }),
      () => silent.generate(prompt, { signal }),
      () => all(silent.stream(prompt, { signal })),
      () => silent.shield("x", { signal }),
      () => silent.inspect("x", { signal }),
      () => silent.decide("x", { q: { type: "score" } }, { signal }),
    ]) {
      expect(await failureOf(ask)).toBe("never mind")
    }
    expect(fetch).not.toHaveBeenCalled()
  })
})

describe("what is no answer is a RemoteError that says what to do", () => {
  const asks = {
    generate: (one: RemoteFacet) => one.generate(prompt),
    shield: (one: RemoteFacet) => one.shield("x"),
    inspect: (one: RemoteFacet) => one.inspect("x"),
    decide: (one: RemoteFacet) => one.decide("x", { q: { type: "score" } }),
    describe: (one: RemoteFacet) => one.describe(),
  }
  test.each<readonly [path: string, ask: keyof typeof asks, status: number, problem: RegExp]>([
    ["page", "generate", 200, /text\/html with status 200, where application\/x-ndjson/],
    ["page", "shield", 200, /text\/html/],
    ["page", "describe", 200, /text\/html/],
    ["gone", "inspect", 404, /text\/plain with status 404/],
    ["cut", "generate", 200, /broke off/],
    ["unfinished", "generate", 200, /broke off/],
    ["newer", "generate", 200, /a part that is not known here/],
    ["newer", "shield", 200, /no verdict/],
    ["newer", "inspect", 200, /no trace/],
    ["newer", "decide", 200, /no decision/],
    ["newer", "describe", 200, /no description/],
    ["wrong", "generate", 200, /a part that is not known here \(tokens\[0\] is a text where a whole number/],
    ["wrong", "shield", 200, /no verdict \(flagged is a text where true or false/],
    ["wrong", "inspect", 200, /no trace \(site is a text where one of resid_post/],
    ["wrong", "decide", 200, /no decision \(answers\.q\.type is a text where one of score is expected/],
    ["wrong", "describe", 200, /no description of a model \(device\.rejected is nothing/],
    ["broken", "generate", 200, /no JSON/],
    ["broken", "shield", 200, /no JSON/],
    ["unknown", "shield", 418, /Something new/],
  ])("%s, asked to %s", async (path, ask, status, problem) => {
    const error = await failureOf(() => asks[ask](at(path)))
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({ _tag: "RemoteError", status, problem: expect.stringMatching(problem) })
    expect(error).toMatchObject({
      url: expect.stringContaining(`/${path}/facet`),
      remedy: expect.stringMatching(/\.$/),
    })
  })

  test("no server there", async () => {
    const gone = await listen(new Hono())
    await gone[Symbol.asyncDispose]()
    for (const ask of Object.values(asks)) {
      const error = await failureOf(() => ask(new RemoteFacet({ url: gone.url })))
      expect(error).toBeInstanceOf(RemoteError)
      expect(error).toMatchObject({ status: undefined, problem: expect.stringContaining("cannot be reached") })
    }
  })

  test("a connection that breaks in mid-stream", async () => {
    const own = await listen(effects({ facet }))
    const parts = new RemoteFacet({ url: own.url }).stream(prompt, endless)
    await parts.next()
    await own[Symbol.asyncDispose]()
    const error = await failureOf(() => all(parts))
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({ problem: expect.stringContaining("broke off") })
    await settled()
  })

  test("a missing key, and a request that is too large", async () => {
    expect(await failureOf(() => at("keyed").shield("x"))).toMatchObject({ _tag: "RemoteError", status: 401 })
    expect(await failureOf(() => remote.shield("x".repeat(60_000)))).toMatchObject({ _tag: "RemoteError", status: 413 })
  })
})

describe("options", () => {
  test("headers go along, from a function anew for each request", async () => {
    const url = `${server.url}/keyed`
    const fixed = new RemoteFacet({ url, headers: { authorization: "Bearer secret" } })
    expect((await fixed.shield("")).flagged).toBe(false)
    const headers = vi.fn(async () => ({ authorization: "Bearer secret" }))
    const fresh = new RemoteFacet({ url, headers })
    await fresh.describe()
    await fresh.shield("")
    expect(headers).toHaveBeenCalledTimes(2)
  })

  test("fetch stands in for the platform's", async () => {
    const urls: Array<string> = []
    const own: typeof fetch = (input, init) => {
      if (typeof input === "string") urls.push(input)
      return fetch(input, init)
    }
    await new RemoteFacet({ url: server.url, fetch: own }).shield("")
    expect(urls).toStrictEqual([`${server.url}/facet/shield`])
  })

  test("a relative address makes sense in a page alone, and is no error before it is asked", async () => {
    const error = await failureOf(() => new RemoteFacet({ url: "/api" }).describe())
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ option: "url" })
  })

  test.each<readonly [option: string, options: object]>([
    ["url", {}],
    ["url", { url: "" }],
    ["url", { url: "http://localhost?x=1" }],
    ["url", { url: 7 }],
    ["headers", { url: "/", headers: "Bearer" }],
    ["fetch", { url: "/", fetch: "global" }],
  ])("a wrong %s is refused", (option, options) => {
    // @ts-expect-error: for those who use no types
    expect(() => new RemoteFacet(options)).toThrow(expect.objectContaining({ option }))
  })
})

test("the examples of the documentation do what they say", async () => {
  await using here = await listen(effects({ facet }))
  const page = await readFile(new URL("../../../../docs/remote-hooks.md", import.meta.url), "utf8")
  const blocks = [...page.matchAll(/^```typescript\n(.*?)^```$/gms)].map(([, code = ""]) => code)
  expect(blocks).toHaveLength(3)
  const scratch = await mkdtemp(fileURLToPath(new URL(".docs-", import.meta.url)))
  const log = vi.spyOn(console, "log").mockImplementation(() => {})
  try {
    for (const [i, code] of blocks.entries()) {
      const file = join(scratch, `${i}.ts`)
      await writeFile(file, code.replace("http://127.0.0.1:8787", here.url))
      await import(/* @vite-ignore */ file)
    }
    const shown = log.mock.calls.map((values) => format(...values))
    expect(shown).toStrictEqual(
      [...page.slice(page.indexOf("## The client")).matchAll(/ \/\/ => (.*)$/gm)].map(([, text]) => text),
    )
  } finally {
    log.mockRestore()
    await rm(scratch, { recursive: true })
  }
})
