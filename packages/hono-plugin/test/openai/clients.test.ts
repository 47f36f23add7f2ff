/** What clients of OpenAI's API really send, in their own shapes, and LangChain.js itself. */
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages"
import { ChatOpenAI, OpenAI as LangChainOpenAI } from "@langchain/openai"
import type OpenAI from "openai"
import { describe, expect, test } from "vitest"
import { facet, model, serveModel, server } from "../fixtures/ServedModel.ts"
import { all, postJson } from "../openaiServer.ts"

const prompt = "Tell me a story about a fox."

serveModel()

describe("LangChain.js", () => {
  const settings = () => ({
    model,
    apiKey: "none",
    temperature: 0,
    maxTokens: 12,
    maxRetries: 0,
    configuration: { baseURL: `${server.url}/v1` },
  })

  test("invokes, streams and batches a chat", async () => {
    const chat = new ChatOpenAI(settings())
    const { text, usage } = await facet.generate(
      [
        { role: "system", content: "Be kind." },
        { role: "user", content: "Hello." },
        { role: "assistant", content: "Hello." },
        { role: "user", content: prompt },
      ],
      { maxTokens: 12 },
    )
    const messages = [
      new SystemMessage("Be kind."),
      new HumanMessage({ content: "Hello.", name: "ada" }),
      new AIMessage("Hello."),
      new HumanMessage({ content: [{ type: "text", text: prompt }] }),
    ]
    const answer = await chat.invoke(messages)
    expect(answer.content).toBe(text)
    expect(answer.usage_metadata).toMatchObject({ input_tokens: usage.promptTokens, output_tokens: 12 })
    const chunks = await all(await chat.stream(messages))
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(text)
    expect((await chat.batch([messages, messages])).map(({ content }) => content)).toStrictEqual([text, text])
  })

  test("asks for several answers", async () => {
    const chat = new ChatOpenAI({ ...settings(), n: 2, stop: ["zebra"] })
    const { generations } = await chat.generate([[new HumanMessage(prompt)]])
    expect(generations[0]).toHaveLength(2)
  })

  test("asks for responses", async () => {
    const chat = new ChatOpenAI({ ...settings(), useResponsesApi: true })
    const { text } = await facet.generate(prompt, { maxTokens: 12 })
    expect((await chat.invoke(prompt)).text).toBe(text)
    const chunks = await all(await chat.stream(prompt))
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(text)
  })

  test("completes prompts, a batch in one request", async () => {
    const llm = new LangChainOpenAI(settings())
    const texts = await Promise.all(
      ["The dog", "A ship"].map(async (text) => (await facet.generate(text, { template: "none", maxTokens: 12 })).text),
    )
    const { generations } = await llm.generate(["The dog", "A ship"])
    expect(generations.map(([first]) => first?.text)).toStrictEqual(texts)
  })
})

interface Case {
  readonly client: string
  readonly path: string
  readonly body: object
  /** Fields that change nothing and are told of. */
  readonly warned?: ReadonlyArray<string>
}

const chat = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "Hello." },
  { role: "assistant", content: "Hello." },
  { role: "user", content: prompt },
]

const cases: ReadonlyArray<Case> = [
  {
    client: "Open WebUI, a chat with sliders",
    path: "chat/completions",
    body: {
      stream: true,
      model,
      messages: chat,
      temperature: 0,
      top_p: 0.9,
      top_k: 40,
      min_p: 0,
      frequency_penalty: 0,
      presence_penalty: 0,
      max_tokens: 8,
      seed: 7,
      stop: ["<a>", "<b>", "<c>", "<d>", "<e>", "<f>"],
      logit_bias: {},
      reasoning_effort: "medium",
      stream_options: { include_usage: true },
    },
    warned: ["reasoning_effort"],
  },
  {
    client: "Open WebUI, the title of a chat",
    path: "chat/completions",
    body: {
      model,
      messages: [{ role: "user", content: `Title of: ${prompt}` }],
      stream: false,
      max_completion_tokens: 8,
    },
  },
  {
    client: "Open WebUI, after a model that thought aloud",
    path: "chat/completions",
    body: {
      model,
      stream: false,
      max_tokens: 8,
      messages: [
        chat[1],
        { role: "assistant", content: "Hello.", reasoning_content: "They greet me.", tool_calls: [] },
        chat[3],
      ],
    },
    warned: ["messages[1].reasoning_content"],
  },
  {
    client: "Continue, a chat",
    path: "chat/completions",
    body: {
      model,
      messages: chat.map(({ content, role }) => ({ role, content: [{ type: "text", text: content }] })),
      max_tokens: 8,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      parallel_tool_calls: false,
      prediction: { type: "content", content: "A fox" },
    },
  },
  {
    client: "Continue, an edit with the answer begun",
    path: "chat/completions",
    body: {
      model,
      messages: [...chat, { role: "assistant", content: "Once" }],
      continue_final_message: true,
      add_generation_prompt: false,
      max_tokens: 8,
      stream: true,
      stop: ["```", "\n\n\n", "/src/", "#- coding: utf-8", "</s>"],
    },
  },
  {
    client: "LM Studio's example, and a tool that found nothing",
    path: "chat/completions",
    body: {
      model,
      messages: [
        chat[1],
        { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "dig", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "1", content: null },
      ],
      temperature: 0.7,
      max_tokens: -1,
      stop: [".", "!", "?"],
      ttl: 300,
      stream: false,
    },
  },
  {
    client: "vLLM's, with what it sends for nothing",
    path: "chat/completions",
    body: {
      model,
      messages: chat,
      max_tokens: 8,
      ignore_eos: false,
      include_stop_str_in_output: false,
      skip_special_tokens: true,
      spaces_between_special_tokens: true,
      use_beam_search: false,
      length_penalty: 1,
      priority: 0,
    },
  },
  {
    client: "Continue, the completion of a line",
    path: "completions",
    body: { model, prompt: "The dog", max_tokens: 8, temperature: 0.01, stream: true, stop: ["\n", "```"], best_of: 1 },
  },
  {
    client: "LibreChat, a turn",
    path: "chat/completions",
    body: {
      model,
      stream: true,
      stream_options: { include_usage: true },
      user: "66f0a1b2c3d4e5f6a7b8c9d0",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", name: "Ada", content: [{ type: "text", text: prompt }] },
      ],
      temperature: 1,
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      n: 1,
      max_tokens: 8,
      reasoning: { effort: "low" },
    },
    warned: ["reasoning"],
  },
  {
    client: "LibreChat, over the responses",
    path: "responses",
    body: {
      model,
      stream: true,
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] }],
      max_output_tokens: 8,
      store: false,
      user: "66f0a1b2c3d4e5f6a7b8c9d0",
      reasoning: { effort: "low", summary: "auto" },
      include: ["reasoning.encrypted_content"],
    },
    warned: ["reasoning", "include[0]"],
  },
  {
    client: "the harness of language model evaluations",
    path: "completions",
    body: { model, prompt: [[2, 651, 592]], temperature: 0, max_tokens: 1, logprobs: 1, seed: 1234, echo: true },
  },
  {
    client: "a client of vLLM",
    path: "chat/completions",
    body: {
      model,
      messages: chat,
      max_tokens: 8,
      min_tokens: 2,
      repetition_penalty: 1.05,
      stop_token_ids: [107],
      top_k: -1,
      chat_template_kwargs: { enable_thinking: false },
      n: 2,
    },
    warned: ["chat_template_kwargs"],
  },
]

test.each(cases)("$client is answered", async ({ body, path, warned = [] }) => {
  const response = await postJson(`${server.url}/v1/${path}`, body)
  const text = await response.text()
  expect([response.status, text.slice(0, 200)]).toStrictEqual([200, expect.anything()])
  const told = response.headers.get("x-facet-warning")
  expect(told === null).toBe(warned.length === 0)
  for (const field of warned) expect(told).toContain(`${field}: `)
  expect(text).not.toContain('"error":{')
})

test("a client that was refused knows what to leave out", async () => {
  for (const [param, fields] of [
    ["functions", { functions: [{ name: "f", parameters: {} }] }],
    ["response_format.type", { response_format: { type: "grammar" } }],
  ] as const) {
    const response = await postJson(`${server.url}/v1/chat/completions`, { model, messages: chat, ...fields })
    const { error } = (await response.json()) as { readonly error: OpenAI.ErrorObject }
    expect([response.status, error.param, error.code]).toStrictEqual([400, param, "unsupported_value"])
  }
})
