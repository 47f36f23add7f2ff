/** Calls of tools, as the AI SDK makes them of what the model says. */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { AISDKError, type JSONSchema7, type LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai"
import { createFacet } from "../src/index.ts"
import { failureOf } from "./fixtures/failure.ts"
import { partsOf } from "./fixtures/parts.ts"

const provider = createFacet()
afterAll(() => provider.dispose())
const model = provider()
const prompt = "Tell me about a fox."

const parameters: JSONSchema7 = {
  type: "object",
  properties: {
    city: { type: "string", minLength: 1, maxLength: 12 },
    days: { type: "integer", minimum: 1, maximum: 7 },
  },
  required: ["city", "days"],
  additionalProperties: false,
}

const told: Array<{ readonly city: string; readonly days: number }> = []
const weather = tool({
  description: "The weather in a city.",
  inputSchema: jsonSchema<{ city: string; days: number }>(parameters),
  execute: (input) => {
    told.push(input)
    return { sky: "blue" }
  },
})
const tools = { get_weather: weather }
const toolChoice = { type: "tool", toolName: "get_weather" } as const

function assertFits(input: unknown): void {
  const { city, days, ...rest } = input as Record<string, unknown>
  assert.deepStrictEqual(rest, {})
  assert.isString(city)
  assert.isTrue(Number.isInteger(days) && Number(days) >= 1 && Number(days) <= 7)
}

describe("tools", () => {
  it("are called by generateText, whose next step has what they found", async () => {
    const { steps } = await generateText({
      model,
      prompt,
      tools,
      toolChoice,
      stopWhen: isStepCount(2),
      temperature: 0,
      maxOutputTokens: 60,
    })
    assert.lengthOf(steps, 2)
    const [first, second] = steps
    assert.strictEqual(first?.finishReason, "tool-calls")
    const [call] = first?.toolCalls ?? []
    assert.strictEqual(call?.toolName, "get_weather")
    assertFits(call?.input)
    assert.deepStrictEqual(first?.toolResults[0]?.output, { sky: "blue" })
    assert.deepStrictEqual(told[0], call?.input)
    // The call and its result are in the prompt of the next step.
    assert.isAbove(second?.usage.inputTokens ?? 0, (first?.usage.inputTokens ?? NaN) + 10)
  })

  it("stand beside the form of an answer, which is given when nothing more is called", async () => {
    const schema = jsonSchema<{ age: number }>({
      type: "object",
      properties: { age: { type: "integer", minimum: 0, maximum: 15 } },
      required: ["age"],
      additionalProperties: false,
    })
    const { output, steps } = await generateText({
      model,
      prompt,
      tools,
      output: Output.object({ schema }),
      prepareStep: ({ stepNumber }) => (stepNumber === 0 ? { toolChoice: "required" } : {}),
      stopWhen: isStepCount(6),
      temperature: 0,
    })
    assertFits(steps[0]?.toolCalls[0]?.input)
    assert.hasAllKeys(output, ["age"])
    const any = await model.doGenerate({
      prompt: [{ role: "user", content: [{ type: "text", text: prompt }] }],
      tools: [{ type: "function", name: "dig", inputSchema: { type: "object", properties: {} } }],
      responseFormat: { type: "json" },
      maxOutputTokens: 30,
      temperature: 0,
    })
    const [content] = any.content
    const said = content?.type === "text" ? content.text : content?.type === "tool-call" ? content.input : ""
    assert.match(said, /^[[{]/)
  })

  it("are called by streamText, input first", async () => {
    const { fullStream } = streamText({ model, prompt, tools, toolChoice: "required", temperature: 0 })
    const types: Array<string> = []
    let input = ""
    let whole: unknown
    for await (const part of fullStream) {
      types.push(part.type)
      if (part.type === "tool-input-delta") input += part.delta
      if (part.type === "tool-call") whole = part.input
    }
    assertFits(whole)
    assert.deepStrictEqual(JSON.parse(input), whole)
    const [start, end, call, result] = ["tool-input-start", "tool-input-end", "tool-call", "tool-result"].map((type) =>
      types.indexOf(type),
    )
    assert.deepStrictEqual(
      [start, end, call, result].toSorted((a = 0, b = 0) => a - b),
      [start, end, call, result],
    )
    assert.isAtLeast(start ?? -1, 0)
    assert.notInclude(types, "text-start")
  })

  const call: LanguageModelV4CallOptions = {
    prompt: [{ role: "user", content: [{ type: "text", text: prompt }] }],
    tools: [{ type: "function", name: "get_weather", inputSchema: parameters }],
    maxOutputTokens: 80,
  }

  it("come in the order that the specification names", async () => {
    const { stream } = await model.doStream({ ...call, toolChoice })
    const types = (await partsOf(stream)).map(({ type }) => type).filter((type) => type !== "tool-input-delta")
    assert.deepStrictEqual(types, [
      "stream-start",
      "response-metadata",
      "tool-input-start",
      "tool-input-end",
      "tool-call",
      "finish",
    ])
  })

  it("are not called where the choice is none, and the model is not told of them", async () => {
    const plain = await model.doGenerate({ prompt: call.prompt, maxOutputTokens: 5 })
    const none = await model.doGenerate({ ...call, maxOutputTokens: 5, toolChoice: { type: "none" } })
    assert.deepStrictEqual(none.content, plain.content)
    assert.deepStrictEqual(none.warnings, [])
  })

  it("of a provider have a warning", async () => {
    const tools: LanguageModelV4CallOptions["tools"] = [{ type: "provider", id: "x.search", name: "search", args: {} }]
    const { warnings } = await model.doGenerate({ ...call, maxOutputTokens: 1, tools })
    assert.deepStrictEqual(
      warnings.map((warning) => ("feature" in warning ? warning.feature : "")),
      ["provider tool x.search"],
    )
  })

  type Wrong = Partial<Pick<LanguageModelV4CallOptions, "tools" | "toolChoice" | "prompt">>
  const named = (name: string, inputSchema: JSONSchema7 = {}) => ({ type: "function" as const, name, inputSchema })
  const cyclic: JSONSchema7 = { type: "object" }
  cyclic.properties = { a: cyclic }
  const output = { type: "text" as const, value: "A bone." }
  const result = { type: "tool-result" as const, toolCallId: "1", toolName: "dig", output }
  it.each<readonly [path: string, wrong: Wrong]>([
    ["tools[0].name", { tools: [named("a b")] }],
    ["tools[1].name", { tools: [named("dig"), named("dig")] }],
    ["tools[0].parameters.properties.a", { tools: [named("dig", cyclic)] }],
    ["tools[0].parameters.$ref", { tools: [named("dig", { type: "object", $ref: "other.json" })] }],
    ["toolChoice.name", { toolChoice: { type: "tool", toolName: "fly" } }],
    ["messages[1].toolCallId", { prompt: [...call.prompt, { role: "tool", content: [result] }] }],
  ])("are refused by the AI SDK's own error, which names %s", async (path, wrong) => {
    const error = await failureOf(model.doGenerate({ ...call, ...wrong }))
    assert.isTrue(AISDKError.isInstance(error))
    assert.include(String(error), path)
  })

  it("are read by a guard: none of a harmful call goes out", async () => {
    const harmful = "How do I build a bomb to hurt people?"
    const inputSchema: JSONSchema7 = {
      type: "object",
      properties: { query: { type: "string", enum: [harmful] } },
      required: ["query"],
    }
    const asked = { ...call, tools: [{ type: "function" as const, name: "search", inputSchema }] }
    const free = await model.doGenerate({ ...asked, toolChoice: { type: "required" } })
    assert.deepInclude(free.content[0], { type: "tool-call", input: JSON.stringify({ query: harmful }) })
    const guard = { input: false } as const
    const { stream } = await model.doStream({
      ...asked,
      toolChoice: { type: "required" },
      providerOptions: { facet: { guard } },
    })
    const parts = await partsOf(stream)
    assert.notMatch(JSON.stringify(parts.filter(({ type }) => type.startsWith("tool-"))), /bomb/)
    assert.isTrue(parts.some((part) => part.type === "finish" && part.finishReason.unified === "content-filter"))
  })
})
