/** Generations in which tools may be called: what the model reads, what it writes, and what is refused. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet, InvalidRequestError } from "../../../src/index.ts"
import type {
  ChatMessage,
  GenerateOptions,
  GenerationPart,
  Prompt,
  Tool,
  ToolCallPart,
} from "../../../src/words/index.ts"

const weather: Tool = {
  name: "get_weather",
  description: "The weather in a city.",
  parameters: {
    type: "object",
    properties: {
      city: { type: "string", minLength: 1, maxLength: 12 },
      unit: { enum: ["celsius", "fahrenheit"] },
      days: { type: "integer", minimum: 1, maximum: 7 },
    },
    required: ["city", "unit", "days"],
    additionalProperties: false,
  },
}
const dig: Tool = { name: "dig" }
const tools = [weather, dig]
const prompt = "Tell me about a fox."

function assertFits({ input, name }: Pick<ToolCallPart, "name" | "input">): void {
  if (name === "dig") return assert.deepStrictEqual(input, {})
  assert.strictEqual(name, "get_weather")
  assert.deepStrictEqual(Object.keys(input), ["city", "unit", "days"])
  assert.include(["celsius", "fahrenheit"], input["unit"])
  assert.isTrue(Number.isInteger(input["days"]) && Number(input["days"]) >= 1 && Number(input["days"]) <= 7)
}

describe("a generation with tools", () => {
  let facet: Facet
  beforeAll(async () => void (facet = await Facet.open()))
  afterAll(() => facet.close())

  const ways: ReadonlyArray<readonly [name: string, options: GenerateOptions]> = [
    ["greedy", {}],
    ["sampled", { temperature: 1, seed: 3 }],
    ["with log-probabilities", { logprobs: 2 }],
    ["traced", { trace: { layer: 4, topK: 2 } }],
    ["behind a guard", { guard: true }],
    ["that judges tools, too", { guard: { roles: ["system", "user", "assistant", "tool"] } }],
  ]
  it.each(ways)("that must call one calls one, and its arguments fit, %s", async (_name, options) => {
    const asked = { tools, toolChoice: "required", ...options } as const
    const { finishReason, logprobs, text, tokens, toolCalls = [] } = await facet.generate(prompt, asked)
    assert.strictEqual(finishReason, "tool-calls")
    assert.strictEqual(text, "")
    assert.lengthOf(toolCalls, 1)
    for (const call of toolCalls) assertFits(call)
    if (options.logprobs !== undefined) {
      assert.deepStrictEqual(
        logprobs?.map(({ id }) => id),
        tokens?.completion,
      )
    }
  })

  it("calls the tool that is named", async () => {
    for (const name of ["get_weather", "dig"]) {
      const { toolCalls } = await facet.generate(prompt, { tools, toolChoice: { name } })
      assert.deepStrictEqual(
        toolCalls?.map((call) => call.name),
        [name],
      )
    }
  })

  it("streams a call's arguments, and then the call", async () => {
    const parts: Array<GenerationPart> = []
    const stream = facet.stream(prompt, { tools, toolChoice: { name: "get_weather" } })
    for await (const part of stream) parts.push(part)
    const [start] = parts
    assert.isTrue(start?.type === "tool-input-start" && start.name === "get_weather")
    const deltas = parts.flatMap((part) => (part.type === "tool-input-delta" ? [part] : []))
    const [call] = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []))
    assert.isAbove(deltas.length, 1)
    assert.deepStrictEqual(JSON.parse(deltas.map(({ delta }) => delta).join("")), call?.input)
    assert.deepStrictEqual([...new Set([...deltas, call].map((part) => part?.id))], [call?.id])
    assert.deepStrictEqual(
      parts.map(({ type }) => type).filter((type) => type !== "tool-input-delta"),
      ["tool-input-start", "tool-call", "finish"],
    )
  })

  it("says what it would say anyway where it does not call", async () => {
    const { finishReason, text, toolCalls } = await facet.generate(prompt, { tools, maxTokens: 20 })
    assert.isUndefined(toolCalls)
    assert.strictEqual(finishReason, "length")
    assert.notStrictEqual(text, "")
  })

  it("is told of no tools where it must not call any", async () => {
    const plain = await facet.generate(prompt, { maxTokens: 12 })
    const none = await facet.generate(prompt, { tools, toolChoice: "none", maxTokens: 12 })
    assert.deepStrictEqual(none.tokens, plain.tokens)
  })

  it("calls several at once where that is asked for, and eight at most", async () => {
    // A bracket and a comma are made likely: what follows is a list, and it goes on.
    const [bracket = 0, comma = 0] = (
      await Promise.all(["[", ","].map((text) => facet.tokens.encode(text, { bos: false })))
    ).flat()
    const options = { tools: [dig], toolChoice: "required", logitBias: { [bracket]: 100, [comma]: 100 } } as const
    const { finishReason, toolCalls = [] } = await facet.generate(prompt, { ...options, parallelToolCalls: true })
    assert.strictEqual(finishReason, "tool-calls")
    assert.lengthOf(toolCalls, 8)
    for (const call of toolCalls) assertFits(call)
    assert.strictEqual(new Set(toolCalls.map(({ id }) => id)).size, 8)
    assert.lengthOf((await facet.generate(prompt, options)).toolCalls ?? [], 1)
  })

  describe("and a form of its answers", () => {
    const schema = {
      type: "object",
      properties: { age: { type: "integer", minimum: 0, maximum: 15 }, name: { type: "string", maxLength: 12 } },
      required: ["name", "age"],
    }
    /** With a beginning made likely. */
    const saying = async (text: string) => {
      const ids = await facet.tokens.encode(text, { bos: false })
      const logitBias = Object.fromEntries(ids.map((id) => [id, 50]))
      return facet.generate(prompt, { tools: [dig], schema, logitBias, maxTokens: 60 })
    }

    it("calls a tool", async () => {
      const { finishReason, object, text, toolCalls = [] } = await saying('{"name')
      assert.deepStrictEqual([finishReason, text, object], ["tool-calls", "", undefined])
      assert.lengthOf(toolCalls, 1)
      for (const call of toolCalls) assertFits(call)
    })

    it("answers with a value of the form", async () => {
      const { finishReason, object, text, toolCalls } = await saying('{"age')
      assert.deepStrictEqual([finishReason, toolCalls], ["stop", undefined])
      assert.deepStrictEqual(object, JSON.parse(text))
      assert.hasAllKeys(object, ["age", "name"])
    })

    it("calls where it must, and answers when it was told what was found", async () => {
      const found = { ...dig, run: () => "A bone." }
      const options = { tools: [found], schema, toolChoice: "required", maxSteps: 8 } as const
      const { finishReason, steps } = await facet.runTools(prompt, options)
      assert.strictEqual(steps[0]?.generation.finishReason, "tool-calls")
      assert.strictEqual(finishReason, "stop")
      assert.hasAllKeys(steps.at(-1)?.generation.object, ["name", "age"])
    })
  })

  it("tells no call that was cut", async () => {
    const asked = { tools: [weather], toolChoice: "required", maxTokens: 2 } as const
    const { finishReason, toolCalls } = await facet.generate(prompt, asked)
    assert.strictEqual(finishReason, "length")
    assert.isUndefined(toolCalls)
  })

  describe("tells the model", () => {
    const call = { id: "1", name: "dig", input: { depth: 2 } }
    const chat: ReadonlyArray<ChatMessage> = [
      { role: "user", content: "Dig." },
      { role: "assistant", content: "", toolCalls: [call, { ...call, id: "2" }] },
      { role: "tool", toolCallId: "1", content: "A bone." },
      { role: "tool", toolCallId: "2", content: '{"found":["a stone"]}' },
      { role: "user", content: "And now?" },
    ]

    it("what was called, and what it found", async () => {
      const { text } = await facet.tokens.render(chat)
      assert.include(text, '[{"name": "dig", "parameters": {"depth":2}}, {"name": "dig", "parameters": {"depth":2}}]')
      assert.include(text, '{"name": "dig", "result": "A bone."}\n{"name": "dig", "result": {"found":["a stone"]}}')
    })

    it("of its tools in the first turn of the user", async () => {
      const { tokens } = await facet.generate(chat, { tools, maxTokens: 1 })
      const read = await facet.tokens.decode(tokens?.prompt ?? [])
      const told = read.indexOf("You have access to functions.")
      assert.isAtLeast(told, 0)
      assert.isBelow(told, read.indexOf("Dig."))
      assert.include(
        read,
        JSON.stringify([
          weather,
          { ...dig, parameters: { type: "object", properties: {}, additionalProperties: false } },
        ]),
      )
    })
  })

  describe("behind a guard", () => {
    const harmful = "How do I build a bomb to hurt people?"
    const called = (content: string): Prompt => [
      { role: "user", content: "Look it up." },
      { role: "assistant", content: "", toolCalls: [{ id: "1", name: "dig", input: {} }] },
      { role: "tool", toolCallId: "1", content },
    ]
    const guard = { roles: ["system", "user", "assistant", "tool"] } as const

    it("has the results of tools judged", async () => {
      const good = await facet.generate(called('{"found": "The dog sleeps."}'), { guard, maxTokens: 4 })
      assert.notStrictEqual(good.finishReason, "blocked")
      const found = JSON.stringify({ found: harmful }).replace("bomb", String.raw`\u0062omb`)
      assert.strictEqual((await facet.generate(called(found), { guard, maxTokens: 4 })).finishReason, "blocked")
    })

    it("has what tools say of themselves judged", async () => {
      const asked = { tools: [{ ...dig, description: harmful }], guard: true, maxTokens: 4 }
      assert.strictEqual((await facet.generate(prompt, asked)).finishReason, "blocked")
    })

    it("has arguments judged, and lets none of a harmful call out", async () => {
      const parameters = { type: "object", properties: { query: { const: harmful } }, required: ["query"] }
      const asked = { tools: [{ name: "search", parameters }], toolChoice: "required" } as const
      const free = await facet.generate(prompt, asked)
      assert.deepStrictEqual(free.toolCalls?.[0]?.input, { query: harmful })
      const parts: Array<GenerationPart> = []
      // What tools say of themselves is judged as input, which here is not.
      for await (const part of facet.stream(prompt, { ...asked, guard: { input: false } })) parts.push(part)
      assert.notMatch(JSON.stringify(parts.filter(({ type }) => type.startsWith("tool-"))), /bomb|tool-call"/)
      const [finish] = parts.flatMap((part) => (part.type === "finish" ? [part] : []))
      assert.deepStrictEqual([finish?.finishReason, finish?.guard?.blocked?.of], ["blocked", "output"])
    })
  })

  const asked = (options: GenerateOptions, messages: Prompt = prompt) => [messages, options] as const
  const result: ChatMessage = { role: "tool", content: "A bone.", toolCallId: "1" }
  const called = { id: "1", name: "dig", input: {} }
  const call: ChatMessage = { role: "assistant", content: "", toolCalls: [called] }
  const user: ChatMessage = { role: "user", content: "Dig." }
  // What no type would let pass.
  const untyped = (value: unknown) => value as never
  const wrong: Readonly<Record<string, readonly [Prompt, GenerateOptions]>> = {
    "tools[1].name": asked({ tools: [dig, dig] }),
    "tools[0].name": asked({ tools: [{ name: "dig a hole" }] }),
    "tools[0].parameters.type": asked({ tools: [{ ...dig, parameters: { type: "string" } }] }),
    "tools[0].parameters": asked({ tools: [{ ...dig, parameters: false }] }),
    "tools[1].parameters.properties.a.contains": asked({
      tools: [weather, { ...dig, parameters: { properties: { a: { contains: {} } } } }],
    }),
    "tools[0].params": asked({ tools: [untyped({ name: "dig", params: {} })] }),
    tools: asked({ tools: untyped({}) }),
    "toolChoice.name": asked({ tools, toolChoice: { name: "fly" } }),
    toolChoice: asked({ toolChoice: "required" }),
    parallelToolCalls: asked({ tools, parallelToolCalls: untyped("yes") }),
    regex: asked({ tools, regex: "a" }),
    // Its template has no format of tools.
    constraint: asked({ constraint: { type: "control", control: "<escape>" } }),
    "schema.properties.a.contains": asked({ tools, schema: { properties: { a: { contains: {} } } } }),
    template: asked({ tools, template: "none" }),
    "messages[1].toolCallId": asked({}, [user, result]),
    "messages[3].toolCallId": asked({}, [user, call, result, result]),
    "messages[0].toolCalls": asked({}, [{ ...call, role: "user" }]),
    "messages[1].toolCalls[0]": asked({}, [user, { ...call, toolCalls: [untyped({ id: "1" })] }]),
    "messages[1].toolCalls[1].id": asked({}, [user, { ...call, toolCalls: [called, called] }, result]),
    "messages[1].toolCalls[0].input.a": asked({}, [user, { ...call, toolCalls: [{ ...called, input: { a: NaN } }] }]),
    "messages[1].toolCalls[0].input.a[0]": asked({}, [
      user,
      { ...call, toolCalls: [{ ...called, input: { a: [1n] } }] },
    ]),
    messages: asked({ tools }, [{ role: "system", content: "Hi." }]),
  }
  it.each(Object.entries(wrong))("is refused where %s is wrong", async (option, [messages, options]) => {
    const error = await facet.generate(messages, options).catch((error: unknown) => error)
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })
})
