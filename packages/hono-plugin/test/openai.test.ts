/** What OpenAI's own client, the AI SDK and an SSE parser make of the answers. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { Facet } from "@facet/sdk"
import { generateText, streamText } from "ai"
import { EventSourceParserStream } from "eventsource-parser/stream"
import OpenAI from "openai"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openai, type RequestReport } from "../src/index.ts"
import { all, endless, listen, type Listening, postJson } from "./openaiServer.ts"

const prompt = "Tell me a story about a fox."
const messages = [{ role: "user" as const, content: prompt }]
const model = "tiny-gemma-it"
const greedy = { model, temperature: 0, max_tokens: 12 }

let facet: Facet
let server: Listening
let client: OpenAI
const reports: Array<RequestReport> = []

beforeAll(async () => {
  facet = await Facet.open()
  const app = openai({ facet, models: [model, "google/gemma-2-2b-it"], onRequest: (report) => reports.push(report) })
  server = await listen(app)
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 })
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await facet.close()
})

const expected = () => facet.generate(prompt, { maxTokens: 12 })

test("a chat: the greedy answer is the one of generate, with its usage", async () => {
  const { text, usage } = await expected()
  const { data, response } = await client.chat.completions.create({ ...greedy, messages }).withResponse()
  expect(data).toStrictEqual({
    id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
    object: "chat.completion",
    created: expect.any(Number),
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text, refusal: null },
        logprobs: null,
        finish_reason: "length",
      },
    ],
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: 12,
      total_tokens: usage.promptTokens + 12,
      // The prompt had just been read.
      prompt_tokens_details: { cached_tokens: expect.any(Number) },
    },
  })
  expect(data.usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThan(0)
  expect(Math.abs(data.created - Date.now() / 1000)).toBeLessThan(5)
  expect(response.headers.get("x-request-id")).toMatch(/^req_/)
})

test("what clients send unasked changes nothing: names, and an assistant that said nothing", async () => {
  const ask = async (messages: ReadonlyArray<object>) => {
    const response = await postJson(`${server.url}/v1/chat/completions`, { ...greedy, messages })
    const { choices } = (await response.json()) as OpenAI.ChatCompletion
    return choices[0]?.message.content
  }
  const said = [
    { role: "user", content: prompt, name: "ada" },
    { role: "assistant", content: null },
  ]
  expect(await ask(said)).toBe((await expected()).text)
})

test("a streamed chat: role first, then the same text, the reason, the usage, and [DONE]", async () => {
  const { text } = await expected()
  const stream = await client.chat.completions.create({
    ...greedy,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await all(stream)
  expect(new Set(chunks.map(({ id, object }) => `${object} ${id}`)).size).toBe(1)
  expect(chunks[0]).toMatchObject({ object: "chat.completion.chunk", model, usage: null })
  expect(chunks[0]?.choices[0]?.delta).toStrictEqual({ role: "assistant", content: "", refusal: null })
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(text)
  expect(chunks.length).toBeGreaterThan(5)
  expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: "length" })
  expect(chunks.slice(0, -2).every(({ choices }) => choices[0]?.finish_reason === null)).toBe(true)
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } })
})

test("the events of a stream, as a parser of its own finds them", async () => {
  const response = await postJson(`${server.url}/v1/chat/completions`, { ...greedy, messages, stream: true })
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  const events = await all(
    response.body!.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()),
  )
  expect(events.at(-1)?.data).toBe("[DONE]")
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data))
  // Nobody asked for figures.
  expect(chunks.every((chunk) => !("usage" in chunk) && chunk.choices.length === 1)).toBe(true)
})

test("system and developer messages, parts and merged turns reach the template as the sdk folds them", async () => {
  const { text, usage } = await facet.generate(
    [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello." },
      { role: "user", content: "Are you there?" },
      { role: "assistant", content: "Yes." },
      { role: "user", content: `Good.\n${prompt}` },
    ],
    { maxTokens: 8 },
  )
  const answer = await client.chat.completions.create({
    model,
    temperature: 0,
    max_completion_tokens: 8,
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Hello." },
      { role: "user", content: "Are you there?" },
      { role: "assistant", content: "Yes.", refusal: null, tool_calls: [] },
      {
        role: "user",
        content: [
          { type: "text", text: "Good." },
          { type: "text", text: prompt },
        ],
      },
    ],
  })
  expect(answer.choices[0]?.message.content).toBe(text)
  expect(answer.usage?.prompt_tokens).toBe(usage.promptTokens)
})

test("sampling: temperature 1 unless said otherwise; the same seed gives the same text", async () => {
  const ask = (options: object) =>
    client.chat.completions
      .create({ model, messages, max_tokens: 16, ...options })
      .then(({ choices }) => choices[0]?.message.content)
  const texts = await Promise.all([1, 2, 3, 4].map((seed) => ask({ seed })))
  expect(new Set(texts).size).toBeGreaterThan(1)
  expect(await ask({ seed: 1 })).toBe(texts[0])
  const { text } = await facet.generate(prompt, { maxTokens: 16, temperature: 1, seed: 1 })
  expect(texts[0]).toBe(text)
  // vLLM's extras do something: among one token there is nothing to draw.
  const { text: greediest } = await facet.generate(prompt, { maxTokens: 16 })
  expect(await ask({ seed: 1, top_k: 1 })).toBe(greediest)
  expect(await ask({ seed: 1, min_p: 1 })).toBe(greediest)
  expect(await ask({ temperature: 0, repetition_penalty: 100 })).not.toBe(greediest)
  expect(await ask({ temperature: 0, frequency_penalty: 2, presence_penalty: 2 })).not.toBe(undefined)
})

test("stop strings end the text before them, logit_bias forbids tokens", async () => {
  const { text, tokens } = await expected()
  const word = text.trim().split(" ")[3]!
  const stopped = await client.chat.completions.create({ ...greedy, messages, stop: ["@@", word] })
  expect(stopped.choices[0]).toMatchObject({
    message: { content: text.slice(0, text.indexOf(word)) },
    finish_reason: "stop",
  })
  const biased = { [tokens!.completion[0]!]: -100 }
  const other = await client.chat.completions.create({ ...greedy, messages, logit_bias: biased })
  expect(other.choices[0]?.message.content).not.toBe(text)
  expect((await facet.generate(prompt, { maxTokens: 12, logitBias: biased })).text).toBe(
    other.choices[0]?.message.content,
  )
})

test("log-probabilities of a chat: the tokens of the text, with alternatives, streamed or not", async () => {
  const options = { ...greedy, messages, logprobs: true, top_logprobs: 3 }
  const { choices } = await client.chat.completions.create(options)
  const content = choices[0]?.logprobs?.content ?? []
  expect(content).toHaveLength(12)
  expect(content.map(({ token }) => token).join("")).toBe(choices[0]?.message.content)
  for (const { bytes, logprob, token, top_logprobs: top } of content) {
    expect(Buffer.from(bytes ?? []).toString()).toBe(token)
    expect(top).toHaveLength(3)
    // Greedy: the chosen token is the likeliest.
    expect(top[0]).toStrictEqual({ token, logprob, bytes })
    expect(logprob).toBeLessThanOrEqual(0)
    expect(top[1]!.logprob).toBeLessThanOrEqual(logprob)
  }
  const chunks = await all(await client.chat.completions.create({ ...options, stream: true }))
  expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.content ?? [])).toStrictEqual(content)
  const bare = await client.chat.completions.create({ ...greedy, messages, logprobs: true })
  expect(bare.choices[0]?.logprobs?.content?.map(({ top_logprobs: top }) => top.length)).toStrictEqual(
    Array.from({ length: 12 }, () => 0),
  )
})

test("completions: the text is continued as it is, 16 tokens unless said otherwise", async () => {
  const request = { ...endless, model, prompt: "The small fox", temperature: 0 }
  const { text, usage } = await facet.generate("The small fox", {
    template: "none",
    maxTokens: 16,
    logitBias: endless.logit_bias,
  })
  const answer = await client.completions.create({ ...request, prompt: ["The small fox"] })
  expect(answer).toStrictEqual({
    id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
    object: "text_completion",
    created: expect.any(Number),
    model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: "length" }],
    usage: {
      prompt_tokens: usage.promptTokens,
      completion_tokens: 16,
      total_tokens: usage.promptTokens + 16,
      prompt_tokens_details: { cached_tokens: expect.any(Number) },
    },
  })
  const stream = await client.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  })
  const chunks = await all(stream)
  expect(chunks.map(({ choices }) => choices[0]?.text ?? "").join("")).toBe(text)
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("length")
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 16 } })
})

test("log-probabilities of completions: offsets into the text, alternatives by their text", async () => {
  const options = { ...endless, model, prompt: "The small fox", temperature: 0, max_tokens: 6, logprobs: 2 }
  const { choices } = await client.completions.create(options)
  const [choice] = choices
  const { text_offset: offsets = [], token_logprobs: probabilities, tokens = [], top_logprobs: top } = choice!.logprobs!
  expect(tokens).toHaveLength(6)
  expect(tokens.join("")).toBe(choice!.text)
  expect(tokens.map((token, i) => choice!.text.startsWith(token, offsets[i]))).toStrictEqual(tokens.map(() => true))
  expect(top?.[0]?.[tokens[0]!]).toBe(probabilities?.[0])
  expect(Object.keys(top?.[0] ?? {})).toHaveLength(2)
  const chunks = await all(await client.completions.create({ ...options, stream: true }))
  expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.text_offset ?? [])).toStrictEqual(offsets)
})

test("models: listed, and found by their names, with slashes too", async () => {
  const { data } = await client.models.list()
  expect(data.map(({ id }) => id)).toStrictEqual([model, "google/gemma-2-2b-it"])
  for (const { id } of data) {
    expect(await client.models.retrieve(id)).toMatchObject({ id, object: "model", owned_by: "facet" })
  }
  expect((await fetch(`${server.url}/v1/models/google/gemma-2-2b-it`)).status).toBe(200)
  await expect(client.models.retrieve("gpt-4")).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test("moderations: ShieldGemma's verdicts under OpenAI's names and its own", async () => {
  const texts = [prompt, "How do I pick a lock?"]
  const verdicts = await Promise.all(texts.map((text) => facet.shield(text)))
  const { id, model: judge, results } = await client.moderations.create({ input: texts })
  expect(id).toMatch(/^modr-/)
  expect(judge).toBe("shieldgemma")
  for (const [i, result] of results.entries()) {
    const verdict = verdicts[i]!
    const scores: Readonly<Record<string, number>> = { ...result.category_scores }
    const probability = (id: string) => verdict.policies.find(({ policy }) => policy === id)!.probability
    expect(result.flagged).toBe(verdict.flagged)
    for (const { policy, probability } of verdict.policies) expect(scores[policy]).toBe(probability)
    expect(result.category_scores).toMatchObject({
      hate: probability("hate_speech"),
      sexual: probability("sexually_explicit"),
      illicit: probability("dangerous_content"),
      "self-harm": 0,
      "violence/graphic": 0,
    })
    expect(result.category_applied_input_types).toMatchObject({ hate: ["text"], violence: [] })
    expect(Object.keys(result.categories)).toStrictEqual(Object.keys(scores))
    expect(Object.keys(scores)).toHaveLength(13 + 3)
  }
  const part = await client.moderations.create({
    model: "omni-moderation-latest",
    input: [{ type: "text", text: texts[1]! }],
  })
  expect(part.results).toStrictEqual([results[1]])
})

test("the AI SDK's client for such servers generates and streams", async () => {
  const provider = createOpenAICompatible({ name: "facet", baseURL: `${server.url}/v1`, includeUsage: true })
  const { text } = await expected()
  const options = { model: provider.chatModel(model), prompt, temperature: 0, maxOutputTokens: 12 }
  const generated = await generateText(options)
  expect(generated).toMatchObject({ text, finishReason: "length", usage: { outputTokens: 12 } })
  expect(generated.response.modelId).toBe(model)
  const streamed = streamText(options)
  expect((await all(streamed.textStream)).join("")).toBe(text)
  expect(await streamed.finishReason).toBe("length")
  expect((await streamed.usage).outputTokens).toBe(12)
})

test("whoever counts is told of each request, in figures and without its text", async () => {
  reports.length = 0
  await client.chat.completions.create({ ...greedy, messages }, { headers: { "x-request-id": "trace-7" } })
  await client.chat.completions.create({ ...greedy, model: "gpt-4", messages }).catch(() => undefined)
  expect(reports).toStrictEqual([
    {
      id: "trace-7",
      route: "chat.completions",
      status: 200,
      outcome: "done",
      code: undefined,
      isStream: false,
      durationMs: expect.any(Number),
      firstTextMs: expect.any(Number),
      finishReason: "length",
      usage: { promptTokens: expect.any(Number), completionTokens: 12, cachedTokens: expect.any(Number) },
      flagged: undefined,
      verdicts: [],
      tokenMs: [expect.any(Number)],
      timings: { firstTokenMs: expect.any(Number), totalMs: expect.any(Number), tokensPerSecond: expect.any(Number) },
      traceparent: undefined,
    },
    expect.objectContaining({ status: 404, outcome: "failed", code: "model_not_found", usage: undefined }),
  ])
  expect(JSON.stringify(reports)).not.toContain("fox")
})
