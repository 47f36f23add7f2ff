/** What clients make of `/v1/embeddings`. */
import { OpenAIEmbeddings } from "@langchain/openai"
import { Hono } from "hono"
import type OpenAI from "openai"
import { describe, expect, test } from "vitest"
import { openai, shield } from "../../src/index.ts"
import { client, facet, guarded, model, reports, serveModel, server } from "../fixtures/ServedModel.ts"
import { postJson } from "../openaiServer.ts"
import { harmful } from "../fixtures/sentences.ts"

const texts = ["The dog sleeps.", "A ship sails over the sea."]

serveModel()

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0)

/** The vectors of `facet.embed`, brought to length 1. */
const expected = () =>
  Promise.all(
    texts.map(async (text) => {
      const vector = [...(await facet.embed(text)).embedding]
      const length = Math.sqrt(dot(vector, vector))
      return vector.map((value) => value / length)
    }),
  )

test("are facet.embed's vectors of length 1, as floats and as OpenAI's client reads base64", async () => {
  const vectors = await expected()
  for (const encoding of [{ encoding_format: "float" as const }, {}]) {
    const { data, usage, ...rest } = await client.embeddings.create({ model, input: texts, ...encoding })
    expect(rest).toMatchObject({ object: "list", model })
    expect(data.map(({ index, object }) => [index, object])).toStrictEqual([
      [0, "embedding"],
      [1, "embedding"],
    ])
    for (const [i, { embedding }] of data.entries()) {
      expect(dot(embedding, embedding)).toBeCloseTo(1, 5)
      expect(dot(embedding, vectors[i]!)).toBeCloseTo(1, 5)
    }
    const tokens = await Promise.all(texts.map((text) => facet.tokens.encode(text, { bos: false })))
    const count = tokens.flat().length
    expect(usage).toStrictEqual({ prompt_tokens: count, total_tokens: count })
  }
  expect(reports.at(-1)).toMatchObject({ route: "embeddings", outcome: "done" })
  const dimensions = vectors[0]?.length ?? 0
  expect((await client.embeddings.create({ model, input: texts[0]!, dimensions })).data).toHaveLength(1)
})

test("work in LangChain.js", async () => {
  const embeddings = new OpenAIEmbeddings({ model, apiKey: "none", configuration: { baseURL: `${server.url}/v1` } })
  const [first = [], second = []] = await embeddings.embedDocuments(texts)
  expect(dot(first, (await expected())[0]!)).toBeCloseTo(1, 5)
  expect(await embeddings.embedQuery(texts[1]!)).toStrictEqual(second)
})

describe("a guard", () => {
  test("of the server refuses texts that it flags, each of a list", async () => {
    const ask = (input: unknown) => postJson(`${guarded.url}/v1/embeddings`, { model, input })
    for (const input of [harmful.question, [texts[0], harmful.question]]) {
      const response = await ask(input)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { code: "content_filter", param: "input" } })
    }
    expect((await ask(texts)).status).toBe(200)
  })

  test("before the route judges the texts, and lets numbers through in either form", async () => {
    const app = new Hono()
    app.use(shield({ facet }))
    app.route("/", openai({ facet, models: [model] }))
    const ask = (fields: object) =>
      app.request("/v1/embeddings", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model, ...fields }),
      })
    expect((await ask({ input: [texts[0], harmful.question] })).status).toBe(422)
    for (const encoding_format of ["float", "base64"]) {
      const response = await ask({ input: texts, encoding_format })
      expect(response.status).toBe(200)
      expect(((await response.json()) as OpenAI.CreateEmbeddingResponse).data).toHaveLength(2)
    }
  })
})

test.each<readonly [param: string, fields: object]>([
  ["input", { input: undefined }],
  ["input", { input: "" }],
  ["input", { input: [] }],
  ["input[0]", { input: [7] }],
  ["input[0]", { input: [[1, 2]] }],
  ["input[1]", { input: ["a", ""] }],
  ["input", { input: { text: "x" } }],
  ["input[0]", { input: ["\ud800"] }],
  ["input", { input: Array.from({ length: 2049 }, () => "a") }],
  ["dimensions", { dimensions: 4 }],
  ["dimensions", { dimensions: 0 }],
  ["encoding_format", { encoding_format: "hex" }],
  ["input", { input: "word ".repeat(5000) }],
  ["bogus", { bogus: 1 }],
])("%s is refused by name: %j", async (param, fields) => {
  const response = await postJson(`${server.url}/v1/embeddings`, { model, input: "Hello", ...fields })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { param } })
})
