/** What clients do wrong, and what this server cannot do: told in OpenAI's form, with the field that is meant. */
import { Facet, InvalidRequestError } from "@facet/sdk"
import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openai } from "../src/index.ts"
import { listen, type Listening, postJson } from "./openaiServer.ts"

const messages = [{ role: "user", content: "Hello" }]

let facet: Facet
let server: Listening
const failures: Array<unknown> = []

beforeAll(async () => {
  facet = await Facet.open()
  const app = openai({
    facet,
    models: ["tiny"],
    apiKey: ["key-one", "key-two"],
    maxBodyBytes: 20_000,
    onError: (error) => failures.push(error),
  })
  server = await listen(app)
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await facet.close()
})

const key = { authorization: "Bearer key-two" }

const post = (path: string, body: unknown) => postJson(`${server.url}/v1/${path}`, body, { headers: key })

const postBytes = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { "content-type": "application/json" },
) => fetch(`${server.url}/v1/chat/completions`, { method: "POST", body, headers: { ...key, ...headers } })

interface Told {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null }
}

/** Every failure has exactly OpenAI's fields. */
async function toldBy(response: Response): Promise<Told["error"]> {
  const document = (await response.json()) as Told
  expect(document).toStrictEqual({
    error: {
      message: expect.stringMatching(/^\S.*\.$/s),
      type: response.status < 500 ? "invalid_request_error" : "server_error",
      param: document.error.param,
      code: expect.stringMatching(/^[a-z_0-9]+$/),
    },
  })
  return document.error
}

describe("chat", () => {
  const tool = { type: "function", function: { name: "now", parameters: {} } }
  const allowing = (some: object) => ({ tools: [tool], tool_choice: { type: "allowed_tools", allowed_tools: some } })
  test.each<readonly [param: string, fields: object]>([
    ["messages", { messages: undefined }],
    ["messages", { messages: [] }],
    ["messages", { messages: "Hello" }],
    ["messages", { messages: [{ role: "system", content: "Be brief." }] }],
    ["messages", { messages: [{ role: "user", content: "  " }] }],
    ["messages[0]", { messages: ["Hello"] }],
    ["messages[0].role", { messages: [{ content: "Hello" }, ...messages] }],
    ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "Hello" }, ...messages] }],
    ["messages[0].role", { messages: [{ role: "assistant", content: "Hello" }, ...messages] }],
    ["messages[0].name", { messages: [{ role: "user", content: "Hello", name: 7 }] }],
    ["cache_salt", { messages, cache_salt: 7 }],
    ["messages[0].colour", { messages: [{ role: "user", content: "Hello", colour: "red" }] }],
    ["messages[0].content", { messages: [{ role: "user", content: 7 }] }],
    ["messages[1].content", { messages: [...messages, { role: "user", content: null }] }],
    ["messages[1].role", { messages: [...messages, { role: "assistant", content: "Hi" }] }],
    ["messages[0].content", { messages: [{ role: "user", content: "half \ud83d" }] }],
    [
      "messages[0].content[1].type",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "x" },
              { type: "image_url", image_url: { url: "x" } },
            ],
          },
        ],
      },
    ],
    ["messages[0].content[0].type", { messages: [{ role: "user", content: [{ type: "input_audio" }] }] }],
    ["messages[0].content[0].text", { messages: [{ role: "user", content: [{ type: "text" }] }] }],
    ["temperature", { temperature: "1" }],
    ["temperature", { temperature: 2.1 }],
    ["top_p", { top_p: -0.1 }],
    ["max_tokens", { max_tokens: 0 }],
    ["max_tokens", { max_tokens: 1.5 }],
    ["max_tokens", { max_tokens: 5, max_completion_tokens: 6 }],
    ["seed", { seed: -1 }],
    ["stop", { stop: Array.from({ length: 65 }, (_, i) => `stop ${i}`) }],
    ["stop", { stop: "" }],
    ["stop", { stop: [7] }],
    ["presence_penalty", { presence_penalty: 3 }],
    ["frequency_penalty", { frequency_penalty: -3 }],
    ["logit_bias", { logit_bias: [1] }],
    ["logit_bias", { logit_bias: { 1: "x" } }],
    ["logit_bias", { logit_bias: { 1: 101 } }],
    ["logit_bias", { logit_bias: { 99999999: 1 } }],
    ["logprobs", { logprobs: 5 }],
    ["top_logprobs", { top_logprobs: 2 }],
    ["top_logprobs", { logprobs: true, top_logprobs: 21 }],
    ["n", { n: 129 }],
    ["n", { n: 0 }],
    ["min_tokens", { min_tokens: -1 }],
    ["min_tokens", { min_tokens: 3, max_tokens: 2 }],
    ["stop_token_ids", { stop_token_ids: [99999999] }],
    ["stop_token_ids", { stop_token_ids: ["a"] }],
    ["continue_final_message", { continue_final_message: true }],
    ["add_generation_prompt", { add_generation_prompt: false }],
    ["continue_final_message", { continue_final_message: true, add_generation_prompt: true }],
    ["stream", { stream: "yes" }],
    ["stream_options", { stream: false, stream_options: { include_usage: true } }],
    ["stream_options.bogus", { stream: true, stream_options: { bogus: 1 } }],
    ["response_format.type", { response_format: { type: "grammar" } }],
    ["response_format.type", { response_format: {} }],
    ["response_format.json_schema", { response_format: { type: "json_schema" } }],
    ["response_format.json_schema.schema", { response_format: { type: "json_schema", json_schema: { schema: 3 } } }],
    [
      "response_format.json_schema.schema.properties.aB.pattern",
      {
        response_format: {
          type: "json_schema",
          json_schema: { schema: { properties: { aB: { pattern: "(?<=a)b" } } } },
        },
      },
    ],
    ["tools[1].function.name", { tools: [tool, tool] }],
    ["tools[0].function.name", { tools: [{ type: "function", function: { name: "a b" } }] }],
    ["tools[0].function", { tools: [{ type: "function" }] }],
    ["tools[0].type", { tools: [{ type: "custom", custom: { name: "f" } }] }],
    [
      "tools[0].function.parameters.type",
      { tools: [{ type: "function", function: { name: "f", parameters: { type: "array" } } }] },
    ],
    ["tool_choice.name", { tools: [tool], tool_choice: { type: "function", function: { name: "f" } } }],
    ["tool_choice.type", { tools: [tool], tool_choice: { type: "web_search" } }],
    ["tool_choice.allowed_tools", { tools: [tool], tool_choice: { type: "allowed_tools" } }],
    ["tool_choice.allowed_tools.mode", allowing({ mode: "none", tools: [tool] })],
    ["tool_choice.allowed_tools.tools", allowing({ mode: "auto", tools: [] })],
    ["tool_choice.allowed_tools.tools[0].function.name", allowing({ mode: "auto", tools: [{ function: {} }] })],
    ["tool_choice", allowing({ mode: "auto", tools: [{ function: { name: "other" } }] })],
    ["messages[1].tool_call_id", { messages: [...messages, { role: "tool", tool_call_id: "1", content: "x" }] }],
    ["tool_choice", { tool_choice: "required" }],
    ["functions", { functions: [tool.function] }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["top_k", { top_k: -2 }],
    ["min_p", { min_p: 2 }],
    ["repetition_penalty", { repetition_penalty: 0 }],
    ["guided_json", { guided_json: {} }],
  ])("%s is refused by name: %j", async (param, fields) => {
    for (const stream of [undefined, true]) {
      const response = await post("chat/completions", { model: "tiny", messages, max_tokens: 2, stream, ...fields })
      expect(response.status).toBe(400)
      expect(await toldBy(response)).toMatchObject({ param, message: expect.stringContaining(param) })
    }
  })

  test("fields that cannot change the answer, or that ask for nothing, are let in", async () => {
    const harmless = {
      user: "u-1",
      metadata: { a: "b" },
      store: true,
      service_tier: "auto",
      safety_identifier: "s",
      prompt_cache_key: "k",
      n: 1,
      tools: [],
      tool_choice: "none",
      parallel_tool_calls: true,
      response_format: { type: "text" },
      modalities: ["text"],
      seed: null,
      stop: null,
      logit_bias: null,
      top_k: -1,
    }
    const plain = { model: "tiny", messages, max_tokens: 2, temperature: 0 }
    const texts = await Promise.all(
      [plain, { ...plain, ...harmless }].map(async (body) => {
        const response = await post("chat/completions", body)
        expect(response.status).toBe(200)
        const { choices } = (await response.json()) as { readonly choices: unknown }
        return choices
      }),
    )
    expect(texts[1]).toStrictEqual(texts[0])
  })
})

describe("completions and moderations", () => {
  test.each<readonly [param: string, fields: object]>([
    ["prompt", { prompt: undefined }],
    ["prompt", { prompt: "" }],
    ["prompt[1]", { prompt: ["one", 2] }],
    ["prompt[1]", { prompt: ["one", ""] }],
    ["prompt", { prompt: [2, 99999999] }],
    ["prompt[0][1]", { prompt: [[2, -1]] }],
    ["prompt[1]", { prompt: [[2], []] }],
    ["prompt", { prompt: [] }],
    ["prompt", { prompt: Array.from({ length: 129 }, () => "a") }],
    ["n", { prompt: ["a", "b"], n: 65 }],
    ["prompt", { prompt: "\udc00" }],
    ["max_tokens", { max_tokens: 0 }],
    ["suffix", { suffix: "the end" }],
    ["best_of", { best_of: 3 }],
    ["logprobs", { logprobs: 21 }],
    ["logprobs", { logprobs: true }],
    ["messages", { messages }],
  ])("%s is refused by name: %j", async (param, fields) => {
    const response = await post("completions", { model: "tiny", prompt: "Once", max_tokens: 2, ...fields })
    expect(response.status).toBe(400)
    expect(await toldBy(response)).toMatchObject({ param })
  })

  test.each<readonly [param: string, fields: object]>([
    ["input", { input: undefined }],
    ["input", { input: [] }],
    ["input", { input: " " }],
    ["input[0]", { input: [7] }],
    ["input[1]", { input: ["a", ""] }],
    ["input[0]", { input: ["\ud800"] }],
    ["input[0].type", { input: [{ type: "image_url", image_url: { url: "x" } }] }],
    ["input", { input: Array.from({ length: 33 }, () => "a") }],
    ["policy", { input: "a", policy: "mine" }],
  ])("%s is refused by name: %j", async (param, fields) => {
    const response = await post("moderations", fields)
    expect(response.status).toBe(400)
    expect(await toldBy(response)).toMatchObject({ param })
  })
})

test("bodies that cannot be read", async () => {
  const cases: ReadonlyArray<readonly [status: number, code: string, response: Promise<Response>]> = [
    [400, "invalid_json", postBytes("")],
    [400, "invalid_json", postBytes('{"messages": [')],
    [400, "invalid_type", postBytes("[]")],
    [400, "invalid_type", postBytes("null")],
    [400, "invalid_json", postBytes('{"temperature": NaN}')],
    [400, "invalid_utf8", postBytes(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d))],
    [413, "body_too_large", postBytes(JSON.stringify({ messages, user: "x".repeat(20_000) }))],
    [415, "unsupported_media_type", postBytes("{}", { "content-type": "text/plain" })],
    [
      415,
      "unsupported_content_encoding",
      postBytes("{}", { "content-type": "application/json", "content-encoding": "gzip" }),
    ],
  ]
  for (const [status, code, asked] of cases) {
    const response = await asked
    expect(response.status).toBe(status)
    expect(await toldBy(response)).toMatchObject({ code, param: null })
  }
})

test("a body that does not say how long it is is not read further than the limit", async () => {
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 10_000
      if (sent > 50_000_000) controller.close()
      else controller.enqueue(new Uint8Array(10_000).fill(0x20))
    },
  })
  const asked = fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    body,
    headers: { ...key, "content-type": "application/json" },
    duplex: "half",
  } as RequestInit)
  // Servers may close the connection of somebody who goes on sending: either way it is over.
  const status = await asked.then((response) => response.status).catch(() => 413)
  expect(status).toBe(413)
  expect(sent).toBeLessThan(20_000_000)
})

test("prompts that are too long for the model, in a stream too", async () => {
  const long = { model: "tiny", messages: [{ role: "user", content: "word ".repeat(3000) }] }
  for (const [path, body, param] of [
    ["chat/completions", long, "messages"],
    ["chat/completions", { ...long, stream: true }, "messages"],
    ["completions", { model: "tiny", prompt: "word ".repeat(3000) }, "prompt"],
  ] as const) {
    const response = await post(path, body)
    expect(response.status).toBe(400)
    expect(await toldBy(response)).toMatchObject({ code: "context_length_exceeded", param })
  }
})

test("keys: none, a wrong one, another scheme; both right ones, in OpenAI's client", async () => {
  for (const authorization of ["", "Bearer", "Bearer key-three", "Bearer key-on", "Basic key-one", "key-one"]) {
    const response = await fetch(`${server.url}/v1/models`, { headers: authorization === "" ? {} : { authorization } })
    expect(response.status).toBe(401)
    expect(response.headers.get("www-authenticate")).toBe("Bearer")
    expect(await toldBy(response)).toMatchObject({ code: "invalid_api_key" })
  }
  for (const apiKey of ["key-one", "key-two"]) {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 })
    expect((await client.models.list()).data).toHaveLength(1)
  }
})

interface Answer {
  readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } }
}

test("what one key has sent, another finds neither in counts nor in the cache; a salt parts the users of a key", async () => {
  // The template's own first tokens, which earlier requests of a key have left.
  const opening = 4
  const ask = async (key: string, more: object = {}) => {
    const body = { messages: [{ role: "user", content: "Tell me about the lighthouse." }], max_tokens: 1, ...more }
    const headers = { authorization: `Bearer ${key}` }
    const answer = (await (await postJson(`${server.url}/v1/chat/completions`, body, { headers })).json()) as Answer
    return answer.usage.prompt_tokens_details.cached_tokens
  }
  expect(await ask("key-one")).toBeLessThanOrEqual(opening)
  expect(await ask("key-two")).toBeLessThanOrEqual(opening)
  expect(await ask("key-one")).toBeGreaterThan(opening)
  expect(await ask("key-one", { cache_salt: "ann" })).toBeLessThanOrEqual(opening)
  expect(await ask("key-one", { cache_salt: "ann" })).toBeGreaterThan(opening)
})

test("OpenAI's client knows the errors for what they are", async () => {
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "key-one", maxRetries: 0 })
  const ask = (options: object) =>
    client.chat.completions
      .create({ model: "tiny", messages: [{ role: "user", content: "Hello" }], ...options })
      .catch((error: unknown) => error)
  const bad = await ask({ n: 0 })
  expect(bad).toBeInstanceOf(OpenAI.BadRequestError)
  expect(bad).toMatchObject({
    status: 400,
    param: "n",
    code: "invalid_value",
    requestID: expect.stringMatching(/^req_/),
  })
  expect(await ask({ model: "gpt-4" })).toMatchObject({ status: 404, code: "model_not_found", param: "model" })
  expect(await ask({ model: "gpt-4" })).toBeInstanceOf(OpenAI.NotFoundError)
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "key-three", maxRetries: 0 })
  await expect(stranger.moderations.create({ input: "Hello" })).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
})

test("request ids: the client's own, if it is sane", async () => {
  const idOf = async (id: string) => {
    const response = await fetch(`${server.url}/v1/models`, { headers: { ...key, "x-request-id": id } })
    return response.headers.get("x-request-id")
  }
  expect(await idOf("trace-1.a:b")).toBe("trace-1.a:b")
  for (const id of ["has space", "x".repeat(129), '"><script>']) expect(await idOf(id)).toMatch(/^req_[0-9a-f-]{36}$/)
})

test("nothing of all this counts as the server's failure", () => {
  expect(failures).toStrictEqual([])
})

test.each<readonly [option: string, options: object]>([
  ["bogus", { bogus: 1 }],
  ["facet", { facet: "tiny" }],
  ["model", { facet: { model: "tiny" }, model: "tiny" }],
  ["models", { models: [] }],
  ["models", { models: [""] }],
  ["apiKey", { apiKey: "" }],
  ["apiKey", { apiKey: [] }],
  ["apiKey", { apiKey: "two words" }],
  ["guard", { guard: "yes" }],
  ["guard.bogus", { guard: { bogus: 1 } }],
  ["policies[0]", { guard: { policies: ["rudeness"] } }],
  ["maxBodyBytes", { maxBodyBytes: 0 }],
  ["maxModerationInputs", { maxModerationInputs: Number.NaN }],
  ["calibration", { calibration: [] }],
  ["onRequest", { onRequest: "log" }],
])("the option %s is refused when the app starts: %j", (option, options) => {
  expect(() => openai(options)).toThrow(InvalidRequestError)
  expect(() => openai(options)).toThrow(option)
})

test("what is settled by an open Facet cannot be asked for beside it", () => {
  expect(() => openai({ facet, queue: 3 })).toThrow(/^queue: /)
  expect(() => openai({ facet, model: "tiny" })).toThrow(/^model: /)
})
