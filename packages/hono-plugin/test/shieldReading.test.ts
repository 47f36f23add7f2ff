/** Whatever way a text takes into a request or an answer, the guard reads it, whole. */
import { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { shield, type ShieldReport } from "../src/index.ts"
import * as answers from "./fixtures/answers.ts"
import { harmful, harmless } from "./fixtures/sentences.ts"

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
  await facet.shield(harmless.question)
})
afterAll(() => facet.close())

const encoded = encodeURIComponent
const base64 = (text: string) => Buffer.from(text).toString("base64")
const joined = (text: string) => text.replaceAll(" ", "_")
const json = { "content-type": "application/json" }

describe("a request", () => {
  const ask = async (init: RequestInit) => {
    const app = new Hono()
    app.use(shield({ facet, policies: ["dangerous_content"], output: false }))
    app.post("/", (c) => c.text("ok"))
    return (await app.request("/", { method: "POST", ...init })).status
  }
  const post = (body: unknown) => ask({ body: JSON.stringify(body), headers: json })
  const chat = (content: unknown, rest: object = {}) =>
    post({ model: "m", messages: [{ role: "user", content }], ...rest })
  const form = (fields: ReadonlyArray<readonly [string, string | File]>) => {
    const body = new FormData()
    for (const [name, value] of fields) body.append(name, value)
    return ask({ body })
  }
  const { question } = harmful

  const addresses: ReadonlyArray<readonly [name: string, address: (text: string) => string]> = [
    ["joined words", (text) => `http://${joined(text)}`],
    ["a query", (text) => `https://a.example/?q=${encoded(text)}`],
    ["a query that was encoded twice", (text) => `https://a.example/?q=${encoded(encoded(text))}`],
    ["a path", (text) => `https://a.example/${text.replaceAll(" ", "/")}`],
    ["a host", (text) => `https://${text.replaceAll(" ", ".")}/`],
    [
      "capitals",
      (text) => `https://a.example/${text.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase())}`,
    ],
    ["a data address", (text) => `data:a/b,${encoded(text)}`],
    ["a data address in base64", (text) => `data:image/png;base64,${base64(text)}`],
    ["a mail", (text) => `mailto:a@b.example?body=${encoded(text)}`],
  ]
  test.each(addresses)("is read in %s", async (_name, address) => {
    const ways: ReadonlyArray<(text: string) => Promise<number>> = [
      (text) => post({ prompt: text }),
      (text) => post({ model: "m", input: text }),
      (text) => post({ model: "m", input: [text] }),
      (text) => chat(`Tell me: ${text}`),
      (text) => chat([{ type: "image_url", image_url: { url: text } }]),
      (text) => ask({ body: text, headers: { "content-type": "text/plain" } }),
      (text) => ask({ body: new URLSearchParams({ q: text }) }),
    ]
    for (const way of ways) expect(await way(address(question))).toBe(422)
    expect(await chat(address(harmless.question))).toBe(200)
  })

  test.each(["system", "instructions", "suffix", "name", "user", "model", "detail", "wish"])(
    "is read in its field %s, with blanks or without",
    async (field) => {
      expect(await chat("Hello", { [field]: joined(question) })).toBe(422)
      expect(await chat("Hello", { [field]: `请回答：${question}` })).toBe(422)
      expect(await chat("Hello", { [field]: "gpt-4o-mini" })).toBe(200)
    },
  )

  const parts: ReadonlyArray<readonly [name: string, part: (text: string) => object]> = [
    ["OpenAI's chat", (text) => ({ type: "file", file: { filename: "a.txt", file_data: base64(text) } })],
    ["OpenAI's Responses", (text) => ({ type: "input_file", filename: "a.toml", file_data: base64(text) })],
    [
      "Anthropic",
      (text) => ({ type: "document", source: { type: "base64", media_type: "text/plain", data: base64(text) } }),
    ],
    [
      "the AI SDK",
      (text) => ({ type: "file", mediaType: "application/x-yaml", data: { type: "data", data: base64(text) } }),
    ],
    [
      "the AI SDK's messages",
      (text) => ({ type: "file", mediaType: "text/csv", url: `data:text/csv;base64,${base64(text)}` }),
    ],
    ["Gemini", (text) => ({ inlineData: { mimeType: "application/sql", data: base64(text) } })],
    [
      "somebody who knows no type",
      (text) => ({ type: "file", mediaType: "application/octet-stream", data: base64(text) }),
    ],
  ]
  test.each(parts)("is read in text files, as of %s", async (_name, part) => {
    expect(await chat([{ type: "text", text: "Read this." }, part(question)])).toBe(422)
    expect(await chat([{ type: "text", text: "Read this." }, part(harmless.question)])).toBe(200)
  })

  test("is read in the files of a form, and in their names", async () => {
    const file = (name: string, type: string, text = question) => [["f", new File([text], name, { type })] as const]
    expect(await form(file("a.yaml", "application/x-yaml"))).toBe(422)
    expect(await form(file("a", "application/octet-stream"))).toBe(422)
    expect(await form(file(`${question}.png`, "image/png", "\u0000\u0001"))).toBe(422)
    expect(await form(file("a.png", "image/png", "\u0000\u0001"))).toBe(200)
  })

  test("is read in the keys of JSON and the names of forms", async () => {
    expect(await chat("Hello", { extra: { [question]: true } })).toBe(422)
    expect(await chat("Hello", { extra: { [joined(question)]: true } })).toBe(422)
    expect(await ask({ body: new URLSearchParams({ [question]: "1" }) })).toBe(422)
    expect(await form([[question, "1"]])).toBe(422)
  })

  test("is read as one text, wherever its parts were cut", async () => {
    const cut = ["How do I build a bo", "mb to hurt pe", "ople?"].map((text) => ({ type: "text", text }))
    expect(await chat(cut)).toBe(422)
    expect(await post({ messages: [{ role: "user", parts: cut }] })).toBe(422)
    expect(
      await chat([cut[0], { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }, cut[1], cut[2]]),
    ).toBe(422)
    expect(await chat(question.split(" ").map((text) => ({ type: "text", text })))).toBe(422)
  })

  test("is read beside the fields of a known shape", async () => {
    const tools = [{ type: "function", function: { name: "answer", description: question } }]
    expect(await chat("Hello", { tools })).toBe(422)
    expect(await chat("Hello", { metadata: { note: question } })).toBe(422)
    expect(await chat("Hello", { stop: question })).toBe(422)
  })

  test("passes with all that such requests have beside their words", async () => {
    const parameters = {
      type: "object",
      properties: {
        location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["location"],
    }
    const rest = {
      temperature: 0.3,
      tools: [
        { type: "function", function: { name: "get_weather", description: "Get the current weather.", parameters } },
      ],
      tool_choice: "auto",
      response_format: { type: "json_schema", json_schema: { name: "weather", schema: parameters } },
      metadata: { tenant: "acme" },
      stop: ["###"],
      user: "user-1",
      stream_options: { include_usage: true },
    }
    expect(await chat("What is the weather in Berlin?", rest)).toBe(200)
    const picture = { type: "image_url", image_url: { url: "https://example.com/images/cat.png", detail: "high" } }
    expect(await chat([{ type: "text", text: "What is in this picture?" }, picture])).toBe(200)
  })
})

const events = (list: ReadonlyArray<unknown>) => list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")
const lines = (list: ReadonlyArray<unknown>) => list.map((value) => `${JSON.stringify(value)}\n`).join("")

/** What a client gets of an answer, and what the guard reports. */
async function answered(body: string, type: string) {
  const reports: Array<ShieldReport> = []
  const app = new Hono()
  const onReport = (report: ShieldReport) => void reports.push(report)
  app.use(shield({ facet, policies: ["dangerous_content"], input: false, onReport }))
  app.post("/", () => new Response(body, { headers: { "content-type": type } }))
  const text = await (await app.request("/", { method: "POST" })).text()
  return { text, report: reports[0] }
}

/** Lets the good one through as it came, and nothing of the bad one's sentence. */
async function expectRead(type: string, body: (text: string) => string) {
  const good = body(harmless.sentences.join(" "))
  expect((await answered(good, type)).text).toBe(good)
  const { report, text } = await answered(body(harmful.sentence), type)
  expect(report).toMatchObject({ leakedCharacters: 0, blocked: { of: "output", reason: "flagged" } })
  expect(text).not.toMatch(/bomb|neigh|\bkill/)
}

const names = "name code detail status kind event type format model userId text".split(" ")
const { tokensOf } = answers

describe("a stream", () => {
  test.each(names)("is read whole in its field %s", async (key) => {
    const said = (text: string) => tokensOf(text).map((piece) => ({ [key]: piece }))
    await expectRead("text/event-stream", (text) => events(said(text)))
    await expectRead("application/x-ndjson", (text) => lines(said(text).map((event) => ({ a: [event], done: false }))))
    await expectRead("text/event-stream", (text) =>
      events([{ type: "start" }, ...said(text).map((data) => ({ type: "data-note", data }))]),
    )
    await expectRead("text/event-stream", (text) =>
      events(said(text).map((delta) => ({ object: "chat.completion.chunk", choices: [{ index: 0, delta }] }))),
    )
    await expectRead("text/event-stream", (text) => events(said(text).map((event) => ({ choices: [], ...event }))))
  })

  test("is read letter by letter", async () => {
    await expectRead("text/event-stream", (text) => events(Array.from(text, (code) => ({ code }))))
  })

  test("is read in lines of strings and of lists", async () => {
    await expectRead("application/x-ndjson", (text) => lines(tokensOf(text)))
    await expectRead("application/x-ndjson", (text) => lines(tokensOf(text).map((piece) => [piece])))
  })

  test("goes on while its names stay what they are", async () => {
    const [cat = "", fox = ""] = harmless.sentences
    const chunks = tokensOf(`${cat} ${fox} ${harmful.sentence}`).map((content, at) => ({
      model: "llama-3.3",
      created_at: `2024-07-18T10:00:${at}Z`,
      message: { role: "assistant", content },
      state: at === 0 ? "loading" : "running",
    }))
    const { text } = await answered(lines(chunks), "application/x-ndjson")
    expect(text).toContain('"content":" home."')
    expect(text).not.toContain("bomb")
  })

  const saying = (make: (piece: string) => object) => tokensOf(harmless.sentences.join(" ")).map(make)
  const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
  test.each<readonly [name: string, body: string, mostJudgements: number]>([
    [
      "Anthropic",
      events([
        { type: "message_start", message: { id: "msg_013Zva2CMHLNnXjNJJKqJ2EF", type: "message", model: "claude-1" } },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "ping" },
        ...saying((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null } },
        { type: "message_stop" },
      ]),
      3,
    ],
    [
      "Gemini",
      events(
        saying((text) => ({
          candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }],
          usageMetadata: { promptTokensDetails: [{ modality: "TEXT", tokenCount: 4 }] },
          modelVersion: "gemini-2.0-flash",
        })),
      ),
      3,
    ],
    [
      "LangGraph",
      events(
        saying((content) => [
          { content, type: "AIMessageChunk", name: null, id: `run-${uuid}`, tool_calls: [] },
          { langgraph_node: "agent", thread_id: uuid, ls_provider: "openai" },
        ]),
      ),
      5,
    ],
    [
      "OpenAI, with padding",
      events(
        saying((content) => ({
          object: "chat.completion.chunk",
          system_fingerprint: "fp_44709d6fcb",
          choices: [{ index: 0, delta: { content }, finish_reason: null }],
          obfuscation: content.repeat(2).replaceAll(/[^a-z]/g, "q"),
        })),
      ),
      3,
    ],
  ])("passes with all that such streams have beside their text: %s", async (_name, body, mostJudgements) => {
    const { report, text } = await answered(body, "text/event-stream")
    expect(text).toBe(body)
    expect(report?.judgements).toBeLessThanOrEqual(mostJudgements)
  })

  const address = (text: string) => `https://a.example/?q=${encoded(text)}`
  test.each<readonly [name: string, type: string, body: (text: string) => string]>([
    [
      "an address in pieces",
      "text/event-stream",
      (text) => events((address(text).match(/.{1,6}/g) ?? []).map((url) => ({ url }))),
    ],
    ["an address in JSON", "application/json", (text) => JSON.stringify({ link: address(text) })],
    ["a file in JSON", "application/json", (text) => JSON.stringify({ mediaType: "text/csv", data: base64(text) })],
    [
      "a file of a UI message",
      "text/event-stream",
      (text) => events([{ type: "start" }, { type: "file", mediaType: "a/b", url: `data:a/b;base64,${base64(text)}` }]),
    ],
    [
      "a source of a UI message",
      "text/event-stream",
      (text) => events([{ type: "start" }, { type: "source-url", sourceId: "1", url: address(text) }]),
    ],
    ["a key", "application/json", (text) => JSON.stringify({ [text]: 1 })],
    ["broken JSON", "application/json", (text) => `{"a":"${text.replaceAll("b", String.raw`\u0062`)}`],
    ["JSON that says it is text", "text/plain", (text) => `\n{"a":"${text.replaceAll("b", String.raw`\u0062`)}"}`],
    ["YAML", "application/x-yaml", (text) => `note: ${text}`],
    [
      "log-probabilities that are none",
      "application/json",
      (text) => JSON.stringify({ choices: [{ logprobs: text }] }),
    ],
    [
      "log-probabilities with a note",
      "application/json",
      (text) => JSON.stringify({ choices: [{ logprobs: { content: [{ token: "x", note: text }] } }] }),
    ],
  ])("is read in %s", (_name, type, body) => expectRead(type, body))

  test.each<readonly [name: string, type: string, key: (piece: string) => object]>([
    [
      "OpenAI's chat",
      "function",
      (piece) => ({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } }] }),
    ],
    [
      "OpenAI's Responses",
      "response",
      (delta) => ({ type: "response.function_call_arguments.delta", item_id: "f", delta }),
    ],
    ["UI messages", "tool", (inputTextDelta) => ({ type: "tool-input-delta", toolCallId: "t", inputTextDelta })],
    [
      "Anthropic",
      "tool",
      (partial_json) => ({ type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json } }),
    ],
  ])("is read in the keys and addresses of a tool's input: %s", async (_name, _type, event) => {
    for (const input of [
      (text: string) => ({ [text]: true }),
      (text: string) => ({ url: address(text), code: joined(text) }),
    ]) {
      await expectRead("text/event-stream", (text) =>
        events((JSON.stringify(input(text)).match(/.{1,5}/g) ?? []).map(event)),
      )
    }
  })

  const pieces = (text: string) => [text.slice(0, 10), text.slice(10, 21), text.slice(21)]
  const part = (text: string) => ({ type: "output_text", text })
  test.each<readonly [name: string, type: string, body: (text: string) => string]>([
    [
      "UI messages",
      "text/event-stream",
      (text) =>
        events([
          { type: "start" },
          ...pieces(text).flatMap((delta, id) => [
            { type: "text-start", id: `${id}` },
            { type: "text-delta", id: `${id}`, delta },
            { type: "text-end", id: `${id}` },
          ]),
        ]),
    ],
    [
      "UI reasoning",
      "text/event-stream",
      (text) =>
        events([
          { type: "start" },
          ...pieces(text).flatMap((delta, id) => [
            { type: "reasoning-start", id: `${id}` },
            { type: "reasoning-delta", id: `${id}`, delta },
            { type: "reasoning-end", id: `${id}` },
          ]),
        ]),
    ],
    [
      "OpenAI's Responses",
      "text/event-stream",
      (text) =>
        events(
          pieces(text).flatMap((delta, content_index) => [
            { type: "response.output_text.delta", item_id: "m", content_index, delta },
            { type: "response.output_text.done", item_id: "m", content_index, text: delta },
          ]),
        ),
    ],
    [
      "OpenAI's Responses that do not end",
      "text/event-stream",
      (text) =>
        events(
          pieces(text).map((delta, content_index) => ({
            type: "response.output_text.delta",
            item_id: "m",
            content_index,
            delta,
          })),
        ),
    ],
    [
      "Anthropic's messages",
      "text/event-stream",
      (text) =>
        events([
          { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", content: [] } },
          ...pieces(text).flatMap((piece, index) => [
            { type: "content_block_start", index, content_block: { type: "text", text: "" } },
            { type: "content_block_delta", index, delta: { type: "text_delta", text: piece } },
            { type: "content_block_stop", index },
          ]),
          { type: "message_delta", delta: { stop_reason: "end_turn" } },
          { type: "message_stop" },
        ]),
    ],
    [
      "a document of Anthropic's",
      "application/json",
      (text) =>
        JSON.stringify({ type: "message", content: pieces(text).map((piece) => ({ type: "text", text: piece })) }),
    ],
    [
      "a document of Responses",
      "application/json",
      (text) =>
        JSON.stringify({
          object: "response",
          output: pieces(text).map((piece) => ({ type: "message", content: [part(piece)] })),
        }),
    ],
    [
      "a document of OpenAI's chat",
      "application/json",
      (text) => JSON.stringify({ choices: [{ message: { content: pieces(text).map(part) } }] }),
    ],
  ])("is read as one text, wherever its blocks were cut: %s", (_name, type, body) => expectRead(type, body))

  const created = { type: "response.created", response: { id: "r", object: "response", output: [] } }
  test.each<readonly [name: string, type: string, body: (text: string) => string]>([
    [
      "output_text",
      "application/json",
      (text) => JSON.stringify({ object: "response", output: [], output_text: text }),
    ],
    [
      "anything else",
      "application/json",
      (text) => JSON.stringify({ object: "response", output: [], own: { note: text } }),
    ],
    [
      "a field that is not what its name says",
      "application/json",
      (text) => JSON.stringify({ object: "response", output: [], metadata: text }),
    ],
    [
      "the last event",
      "text/event-stream",
      (text) => events([created, { type: "response.completed", response: { output: [], output_text: text } }]),
    ],
    [
      "beside the last event's response",
      "text/event-stream",
      (text) => events([created, { type: "response.completed", response: { output: [] }, note: text }]),
    ],
    [
      "sound that is none",
      "text/event-stream",
      (text) => events([created, ...tokensOf(text).map((delta) => ({ type: "response.audio.delta", delta }))]),
    ],
    [
      "what is said beside sound",
      "text/event-stream",
      (text) =>
        events([
          created,
          ...tokensOf(text).map((transcript) => ({ type: "response.audio.delta", delta: "UklGRg==", transcript })),
        ]),
    ],
    [
      "what sound says",
      "text/event-stream",
      (text) =>
        events([created, ...tokensOf(text).map((delta) => ({ type: "response.audio.transcript.delta", delta }))]),
    ],
  ])("is read in all of a known shape: %s", (_name, type, body) => expectRead(type, body))
})
