/** What OpenAI's own client, and Ollama's, make of calls of tools. */
import { Facet } from "@facet/sdk"
import type { GenerateOptions, Prompt } from "@facet/sdk/words"
import { Ollama } from "ollama"
import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ollama, openai } from "../../src/index.ts"
import { all, listen, type Listening } from "../openaiServer.ts"

const model = "tiny-gemma-it"
const prompt = "Tell me about a fox."
const messages = [{ role: "user" as const, content: prompt }]
const parameters = {
  type: "object",
  properties: {
    city: { type: "string", minLength: 1, maxLength: 12 },
    days: { type: "integer", minimum: 1, maximum: 7 },
  },
  required: ["city", "days"],
  additionalProperties: false,
}
const weather = {
  type: "function" as const,
  function: { name: "get_weather", description: "The weather in a city.", parameters },
}
const dig = { type: "function" as const, function: { name: "dig" } }
const tools = [weather, dig]
const harmful = "How do I build a bomb to hurt people?"
/** What `city` and `days` are, whatever they say. */
const fitting = { city: expect.any(String), days: expect.any(Number) }

let facet: Facet
let server: Listening
let guarded: Listening
let ollamaServer: Listening

beforeAll(async () => {
  facet = await Facet.open()
  server = await listen(openai({ facet, models: [model] }))
  guarded = await listen(openai({ facet, models: [model], guard: { roles: ["system", "user", "tool"] } }))
  ollamaServer = await listen(ollama({ facet: await willing(), models: [model] }))
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await guarded[Symbol.asyncDispose]()
  await ollamaServer[Symbol.asyncDispose]()
  await facet.close()
})

/** Ollama's API has no choice of a tool: this model calls one whenever it has some. */
async function willing(): Promise<Facet> {
  const own = await Facet.open()
  const stream = (prompt: Prompt, options: GenerateOptions = {}) =>
    facet.stream(prompt, options.tools === undefined ? options : { ...options, toolChoice: "required" })
  return Object.assign(own, { stream })
}

const clientOf = ({ url }: Listening) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 })
const named = { type: "function", function: { name: "get_weather" } } as const

describe("the openai client", () => {
  test("gets a call whose arguments fit, and hands its result back", async () => {
    const client = clientOf(server)
    const asked = { model, messages, tools, temperature: 0 }
    const { choices } = await client.chat.completions.create({ ...asked, tool_choice: named })
    const [choice] = choices
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { role: "assistant", content: null } })
    const [call, ...others] = choice?.message.tool_calls ?? []
    expect(others).toStrictEqual([])
    if (call?.type !== "function" || choice === undefined) throw new Error("no call of a function")
    expect(call.function.name).toBe("get_weather")
    expect(JSON.parse(call.function.arguments)).toStrictEqual(fitting)
    const next = await client.chat.completions.create({
      ...asked,
      max_tokens: 12,
      messages: [...messages, choice.message, { role: "tool", tool_call_id: call.id, content: '{"sky":"blue"}' }],
    })
    expect(next.choices[0]?.finish_reason).toMatch(/length|stop|tool_calls/)
    expect(next.usage?.prompt_tokens).toBeGreaterThan(0)
    const few = { mode: "required" as const, tools: [dig] }
    const held = await client.chat.completions.create({
      ...asked,
      tool_choice: { type: "allowed_tools", allowed_tools: few },
    })
    expect(held.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: "dig", arguments: "{}" } }])
  })

  test("puts a streamed call together", async () => {
    const stream = clientOf(server).chat.completions.stream({ model, messages, tools, tool_choice: "required" })
    const deltas: Array<string> = []
    stream.on("tool_calls.function.arguments.delta", ({ arguments_delta }) => void deltas.push(arguments_delta))
    const { choices } = await stream.finalChatCompletion()
    const [choice] = choices
    expect(choice?.finish_reason).toBe("tool_calls")
    const [call] = choice?.message.tool_calls ?? []
    if (call?.type !== "function") throw new Error("no call of a function")
    expect(call.id).toMatch(/^call_/)
    expect(["get_weather", "dig"]).toContain(call.function.name)
    expect(JSON.parse(call.function.arguments)).toStrictEqual(call.function.name === "dig" ? {} : fitting)
    expect(deltas.join("")).toBe(call.function.arguments)
  })

  test("numbers calls that are made at once", async () => {
    const [bracket = 0, comma = 0] = (
      await Promise.all(["[", ","].map((text) => facet.tokens.encode(text, { bos: false })))
    ).flat()
    const asked = { model, messages, tools: [dig], tool_choice: "required" as const, temperature: 0 }
    const logit_bias = { [bracket]: 100, [comma]: 100 }
    const chunks = await all(
      await clientOf(server).chat.completions.create({ ...asked, logit_bias, parallel_tool_calls: true, stream: true }),
    )
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    const begun = calls.filter(({ id }) => id !== undefined)
    expect(begun.map(({ index }) => index)).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls")
    const one = await clientOf(server).chat.completions.create({ ...asked, logit_bias })
    expect(one.choices[0]?.message.tool_calls).toHaveLength(1)
  })

  test("runs its own loop of tools", async () => {
    const depths: Array<unknown> = []
    const runner = clientOf(server).chat.completions.runTools(
      {
        model,
        messages,
        max_tokens: 60,
        tool_choice: named,
        tools: [
          {
            type: "function",
            function: {
              ...weather.function,
              parse: JSON.parse,
              function: (input: object) => (depths.push(input), "sunny"),
            },
          },
        ],
      },
      { maxChatCompletions: 2 },
    )
    await runner.done()
    expect(depths[0]).toStrictEqual(fitting)
    const result = runner.messages.find(({ role }) => role === "tool")
    expect(result).toMatchObject({ content: "sunny" })
  })

  test("is told of a call that is cut by its finish", async () => {
    const asked = { model, messages, tools, tool_choice: named, max_tokens: 3 }
    const { choices } = await clientOf(server).chat.completions.create(asked)
    expect(choices[0]?.finish_reason).toBe("length")
    expect(choices[0]?.message.tool_calls).toBeUndefined()
  })

  test("is blocked by a guard for what a tool found, and for what one says of itself", async () => {
    const client = clientOf(guarded)
    const called = { id: "1", type: "function" as const, function: { name: "dig", arguments: "{}" } }
    const result = { role: "tool" as const, tool_call_id: "1", content: harmful }
    const found = await client.chat.completions.create({
      model,
      max_tokens: 4,
      messages: [...messages, { role: "assistant", content: null, tool_calls: [called] }, result],
    })
    expect(found.choices[0]?.finish_reason).toBe("content_filter")
    const described = { ...dig, function: { ...dig.function, description: harmful } }
    const told = await client.chat.completions.create({ model, max_tokens: 4, messages, tools: [described] })
    expect(told.choices[0]?.finish_reason).toBe("content_filter")
  })
})

test("a form and tools are asked for together: the answer is one or the other", async () => {
  const client = clientOf(server)
  const schema = { type: "object", properties: { age: parameters.properties.days }, required: ["age"] }
  const response_format = { type: "json_schema" as const, json_schema: { name: "fox", schema, strict: true } }
  const asked = { model, messages, tools, temperature: 0, response_format }
  const { choices } = await client.chat.completions.create({ ...asked, tool_choice: "required" })
  expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } })
  const [choice] = (await client.chat.completions.create(asked)).choices
  const { content, tool_calls: calls } = choice?.message ?? {}
  expect([content === null, choice?.finish_reason]).toStrictEqual(calls ? [true, "tool_calls"] : [false, "stop"])
  if (typeof content === "string") expect(JSON.parse(content)).toStrictEqual({ age: expect.any(Number) })
})

describe("the ollama client", () => {
  const client = () => new Ollama({ host: ollamaServer.url })
  const history = [
    { role: "user", content: "Dig." },
    { role: "assistant", content: "", tool_calls: [{ function: { name: "dig", arguments: {} } }] },
    { role: "tool", tool_name: "dig", content: "A bone." },
  ]

  test("tells what was called and what it found", async () => {
    const { prompt_eval_count } = await client().chat({ model, messages: history, options: { num_predict: 1 } })
    const toolCalls = [{ id: "1", name: "dig", input: {} }]
    const count = await facet.tokens.count([
      { role: "user", content: "Dig." },
      { role: "assistant", content: "", toolCalls },
      { role: "tool", toolCallId: "1", content: "A bone." },
    ])
    expect(prompt_eval_count).toBe(count)
  })

  test("gets a call, whole and streamed", async () => {
    const asked = { model, messages, tools: [weather], options: { temperature: 0 } }
    const answer = await client().chat(asked)
    expect(answer).toMatchObject({ done_reason: "stop", message: { role: "assistant", content: "" } })
    expect(answer.message.tool_calls).toStrictEqual([{ function: { name: "get_weather", arguments: fitting } }])
    const lines = await all(await client().chat({ ...asked, stream: true }))
    expect(lines.flatMap(({ message }) => message.tool_calls ?? [])).toStrictEqual(answer.message.tool_calls)
  })
})
