/** Calls in the format of a template that has one. The weights are chance: what is written is valid, and means nothing. */
import { createRequire } from "node:module"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ContextOverflowError, Facet, InvalidRequestError } from "../../../src/index.ts"
import type { ChatMessage, GenerateOptions, GenerationPart, Tool, ToolCall } from "../../../src/words/index.ts"
import { functionTokens } from "../../../src/words/ToolFormat.ts"
import { writeFunctionGemma3 } from "../../fixtures/gemma3.ts"

const dig: Tool = { name: "dig" }
const weather: Tool = {
  name: "get_weather",
  parameters: {
    type: "object",
    properties: {
      city: { type: "string", minLength: 1, maxLength: 12 },
      unit: { enum: ["celsius", "fahrenheit", 3, null, { a: ["b"] }] },
      days: { type: "integer", minimum: 1, maximum: 7 },
      "a name: of {its} own": { type: "array", items: { type: "string", pattern: "^[a-c]{1,3}$" }, maxItems: 2 },
      more: { type: "object", additionalProperties: { type: "boolean" }, minProperties: 1, maxProperties: 2 },
    },
    required: ["city", "unit", "days", "a name: of {its} own", "more"],
    additionalProperties: false,
  },
}
const tools = [weather, dig]
// It is CommonJS, whose types say nothing that this test needs.
const Ajv = createRequire(import.meta.url)("ajv/dist/2020.js").default
const isValid = new Ajv().compile(weather.parameters)
const user: ChatMessage = { role: "user", content: "Dig." }

describe("a model whose template has a format of tools", () => {
  let folder: string
  let facet: Facet
  beforeAll(async () => {
    folder = await writeFunctionGemma3(await mkdtemp(join(tmpdir(), "facet-test-")))
    facet = await Facet.open({ model: folder })
  })
  afterAll(async () => {
    await facet.close()
    await rm(folder, { recursive: true, force: true })
  })

  const wanted = (calls: ReadonlyArray<ToolCall>) => {
    for (const { input, name } of calls) {
      if (name === "dig") assert.deepStrictEqual(input, {})
      else assert.isTrue(isValid(input), `${JSON.stringify(input)}: ${JSON.stringify(isValid.errors)}`)
    }
  }

  it("is told of tools in it, and of what was called and found", async () => {
    const chat: ReadonlyArray<ChatMessage> = [
      user,
      { role: "assistant", content: "", toolCalls: [{ id: "1", name: "dig", input: { depth: 2 } }] },
      { role: "tool", toolCallId: "1", content: "A bone." },
    ]
    const { tokens } = await facet.generate(chat, { tools: [dig], maxTokens: 1 })
    const { text } = await facet.tokens.render(chat)
    const turns =
      "<start_of_turn>user\nDig.<end_of_turn>\n<start_of_turn>model\n" +
      "<start_function_call>call:dig{depth:2}<end_function_call>" +
      "<start_function_response>response:dig{value:<escape>A bone.<escape>}<end_function_response>"
    assert.strictEqual(text, `<bos>${turns}`)
    const read = await facet.tokens.decode(tokens?.prompt ?? [])
    assert.include(read, "with the following functionsdeclaration:dig{")
    assert.notInclude(read, "You have access to functions")
  })

  const ways: ReadonlyArray<readonly [name: string, options: GenerateOptions]> = [
    ["greedy", {}],
    ["sampled", { temperature: 1.5, seed: 3 }],
    ["with log-probabilities", { logprobs: 1, temperature: 1, seed: 4 }],
    ["in time", { maxTokens: 90, temperature: 1, seed: 6 }],
  ]
  it.each(ways)("calls what it must call, with arguments that fit, %s", async (_name, options) => {
    const asked = { tools, toolChoice: { name: "get_weather" }, maxTokens: 300, ...options } as const
    const { finishReason, logprobs, text, tokens, toolCalls = [] } = await facet.generate([user], asked)
    assert.deepStrictEqual([finishReason, text, toolCalls.length], ["tool-calls", "", 1])
    wanted(toolCalls)
    if (logprobs === undefined) return
    assert.deepStrictEqual(
      logprobs.map(({ id }) => id),
      tokens?.completion,
    )
  })

  it("streams a call's arguments as JSON, and then the call", async () => {
    const parts: Array<GenerationPart> = []
    const asked = { tools, toolChoice: { name: "get_weather" }, temperature: 1, seed: 7, maxTokens: 300 } as const
    for await (const part of facet.stream([user], asked)) parts.push(part)
    const deltas = parts.flatMap((part) => (part.type === "tool-input-delta" ? [part.delta] : []))
    const [call] = parts.flatMap((part) => (part.type === "tool-call" ? [part] : []))
    assert.isAbove(deltas.length, 5)
    assert.deepStrictEqual(JSON.parse(deltas.join("")), call?.input)
  })

  it("calls several at once where that is asked for, and eight at most", async () => {
    const { call } = functionTokens
    const { tokens } = await facet.generate([user], { tools: [dig], toolChoice: "required" })
    const [start = 0] = tokens?.completion ?? []
    const asked = { tools: [dig], toolChoice: "required", logitBias: { [start]: 100 } } as const
    const { toolCalls = [] } = await facet.generate([user], { ...asked, parallelToolCalls: true })
    assert.lengthOf(toolCalls, 8, call[0])
    wanted(toolCalls)
    assert.lengthOf((await facet.generate([user], asked)).toolCalls ?? [], 1)
  })

  it("writes text as it would anyway", async () => {
    const { tokens } = await facet.generate([user], { tools: [dig], toolChoice: "required" })
    const [start = 0] = tokens?.completion ?? []
    const free = { tools: [dig], maxTokens: 40, temperature: 1, seed: 1, logitBias: { [start]: -100 } } as const
    const { text, toolCalls } = await facet.generate([user], free)
    assert.isUndefined(toolCalls)
    assert.notStrictEqual(text, "")
  })

  it("answers with a form where it calls nothing, whatever that spells", async () => {
    const [start] = functionTokens.call
    const schema = { const: `${start}call:dig{}` }
    const { tokens } = await facet.generate([user], { tools: [dig], toolChoice: "required" })
    const [id = 0] = tokens?.completion ?? []
    const answered = await facet.generate([user], { tools: [dig], schema, logitBias: { [id]: -100 } })
    assert.deepStrictEqual([answered.finishReason, answered.object], ["stop", schema.const])
    const called = await facet.generate([user], { tools: [dig], schema, logitBias: { [id]: 100 } })
    assert.deepStrictEqual([called.finishReason, called.toolCalls?.length], ["tool-calls", 1])
  })

  it("runs what was called, and goes on in the format", async () => {
    const found = { ...dig, run: () => ({ bone: true }) }
    const asked = { tools: [found], toolChoice: "required", maxSteps: 2, maxTokens: 40 } as const
    const { messages, steps } = await facet.runTools([user], asked)
    assert.deepStrictEqual(steps[0]?.results[0]?.content, '{"bone":true}')
    assert.include((await facet.tokens.render(messages.slice(0, 3))).text, "response:dig{bone:true}")
  })

  it("is refused more tools than it can hold, before it renders them", async () => {
    const tools = Array.from({ length: 128 }, (_, i) => ({ name: `t${i}`, description: "x".repeat(1000) }))
    const error = await facet.generate([user], { tools }).catch((error: unknown) => error)
    assert.instanceOf(error, ContextOverflowError)
  })

  it("is refused what its format cannot say, by its path", async () => {
    const parameters = { type: "object", properties: { a: { const: "an <escape> in it" } }, required: ["a"] }
    const asked = { tools: [{ name: "dig", parameters }], toolChoice: "required" } as const
    const error = await facet.generate([user], asked).catch((error: unknown) => error)
    assert.isTrue(error instanceof InvalidRequestError && error.option.startsWith("tools[0].parameters.properties.a"))
  })
})
