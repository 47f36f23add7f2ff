import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Facet, InvalidRequestError, runTools } from "../../src/index.ts"
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
    const dig = digging(() => "a bone")
    const { finishReason, messages, steps } = await facet.runTools(prompt, { ...options, tools: [dig], maxSteps: 1 })
    assert.strictEqual(finishReason, "tool-calls")
    assert.lengthOf(steps, 1)
    assert.strictEqual(messages.at(-1)?.role, "tool")
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
