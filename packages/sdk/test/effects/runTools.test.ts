import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expectTypeOf } from "vitest"
import * as z from "zod"
import { defineTool, Facet, InvalidObjectError, InvalidRequestError, runTools } from "../../src/index.ts"
import type { Tool } from "../../src/words/index.ts"

const prompt = "What is in the garden?"
const parameters = {
  type: "object",
  properties: { depth: { type: "integer", minimum: 1, maximum: 9 } },
  required: ["depth"],
  additionalProperties: false,
}

describe("runTools", () => {
  let facet: Facet
  beforeAll(async () => void (facet = await Facet.open()))
  afterAll(() => facet.close())
  const options = { toolChoice: "required", maxTokens: 60 } as const
  const digging = (run: Tool["run"]): Tool => ({ name: "dig", description: "Digs a hole.", parameters, run })

  it("runs what was called, and tells the model what it found", async () => {
    const depths: Array<unknown> = []
    const dig = digging(({ depth }) => {
      depths.push(depth)
      return { found: "a bone" }
    })
    const told: Array<number> = []
    const { finishReason, messages, steps, text } = await facet.runTools(prompt, {
      ...options,
      tools: [dig],
      onStep: ({ results }) => told.push(results.length),
    })
    const [first, second] = steps
    const [call] = first?.generation.toolCalls ?? []
    assert.deepStrictEqual(depths, [call?.input["depth"]])
    assert.deepStrictEqual(first?.results, [{ id: call?.id ?? "", name: "dig", content: '{"found":"a bone"}' }])
    assert.strictEqual(steps.length, told.length)
    assert.strictEqual(told[0], 1)
    // The second step is free to answer.
    assert.strictEqual(second?.generation.text, text)
    assert.strictEqual(second?.generation.finishReason, finishReason)
    const read = await facet.tokens.decode(second?.generation.tokens?.prompt ?? [])
    assert.include(read, '{"name": "dig", "result": {"found":"a bone"}}')
    assert.deepStrictEqual(messages.map(({ role }) => role).slice(0, 4), ["user", "assistant", "tool", "assistant"])
  })

  it("stops where the steps are used up", async () => {
    // Half a character, as of a text that was cut, is none that a model reads.
    const dig = digging(() => "a bone \ud83d")
    const { finishReason, messages, steps } = await facet.runTools(prompt, { ...options, tools: [dig], maxSteps: 1 })
    assert.strictEqual(finishReason, "tool-calls")
    assert.lengthOf(steps, 1)
    assert.deepInclude(messages.at(-1), { role: "tool", content: "a bone \ufffd" })
  })

  it("stops at a call that nobody here runs", async () => {
    const { finishReason, steps } = await facet.runTools(prompt, { ...options, tools: [digging(undefined)] })
    assert.strictEqual(finishReason, "tool-calls")
    assert.lengthOf(steps, 1)
    assert.deepStrictEqual(steps[0]?.results, [])
  })

  it("tells the model of a tool that throws, and the app too", async () => {
    const failure = new Error("no spade")
    const dig = digging(() => Promise.reject(failure))
    const { steps } = await facet.runTools(prompt, { ...options, tools: [dig] })
    const [result] = steps[0]?.results ?? []
    assert.strictEqual(result?.content, '{"error":"no spade"}')
    assert.strictEqual(result?.error, failure)
    assert.isAbove(steps.length, 1)
  })

  it("runs a tool with what the schema of a library makes of the arguments", async () => {
    const told: Array<number | string> = []
    const once = { ...options, maxSteps: 1 }
    const zodTool = defineTool({
      name: "dig",
      parameters: z.object({
        depth: z
          .int()
          .min(1)
          .max(9)
          .transform((depth) => `${depth} feet`),
      }),
      run: ({ depth }) => {
        expectTypeOf(depth).toEqualTypeOf<string>()
        return told.push(depth)
      },
    })
    const effectTool = defineTool({
      name: "dig",
      parameters: Schema.Struct({
        depth: Schema.Literals(["1", "2"]).pipe(Schema.decodeTo(Schema.FiniteFromString)),
      }),
      run: ({ depth }) => {
        expectTypeOf(depth).toEqualTypeOf<number>()
        return told.push(depth)
      },
    })
    const steps = [
      await facet.runTools(prompt, { ...once, tools: [zodTool] }),
      await facet.runTools(prompt, { ...once, tools: [effectTool] }),
    ]
    const inputs = steps.map((run) => run.steps[0]?.generation.toolCalls?.[0]?.input["depth"])
    // The chat has what the model wrote.
    assert.isTrue(Number.isInteger(inputs[0]) && ["1", "2"].includes(String(inputs[1])))
    assert.deepStrictEqual(told, [`${String(inputs[0])} feet`, Number(inputs[1])])
  })

  it("tells the model of arguments that a validator refuses, and runs nothing", async () => {
    const dig = defineTool({
      name: "dig",
      parameters: z.object({
        depth: z
          .int()
          .min(1)
          .max(9)
          .refine(() => false, "There is rock."),
      }),
      run: () => assert.fail("it ran"),
    })
    const { steps } = await facet.runTools(prompt, { ...options, tools: [dig], maxSteps: 1 })
    const [result] = steps[0]?.results ?? []
    assert.instanceOf(result?.error, InvalidObjectError)
    assert.include(result.content, "There is rock.")
  })

  it.each([
    ["one without a JSON Schema", { "~standard": { version: 1, vendor: "old", validate: () => ({ value: 1 }) } }, ""],
    ["one of a text", z.string(), ".type"],
    ["one of Effect that is none", { "~effect/Schema/Schema": 1 }, ""],
  ])("refuses by its path a schema of a library: %s", async (_name, parameters, at) => {
    const tools = [{ name: "sit" }, { name: "dig", parameters: parameters as never }]
    const error = await facet.generate(prompt, { tools }).catch((error: unknown) => error)
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, `tools[1].parameters${at}`)
  })

  it("aborts a tool whose result nobody waits for", async () => {
    const stop = new AbortController()
    let signal: AbortSignal | undefined
    const dig = digging((_, context) => {
      signal = context.signal
      stop.abort(new Error("enough"))
      return new Promise(() => {})
    })
    const run = facet.runTools(prompt, { ...options, tools: [dig], signal: stop.signal })
    assert.strictEqual(await run.catch((error: unknown) => error), stop.signal.reason)
    assert.isTrue(signal?.aborted)
  })

  it.each([0, 1.5, NaN])("takes no limit of %s steps", async (maxSteps) => {
    const error = await facet.runTools(prompt, { tools: [], maxSteps }).catch((cause: unknown) => cause)
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "maxSteps")
  })

  it.effect("is an effect", () =>
    Effect.gen(function* () {
      const dig = digging(() => "a bone")
      const { steps } = yield* runTools(prompt, { ...options, tools: [dig], maxSteps: 1 })
      assert.strictEqual(steps[0]?.results[0]?.content, "a bone")
    }).pipe(Effect.provide(Facet.layer())),
  )
})
