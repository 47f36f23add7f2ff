/** What a guarded generation promises: nothing goes out that was not judged. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { definePolicy, Facet, type GenerationPart, InvalidRequestError, policies } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"
import { assertIdle } from "../../../../test/assertIdle.ts"

describe("a guarded generation", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  /** Policies that flag everything, and nothing. */
  const never = [definePolicy({ ...policies.harassment, id: "never", threshold: 1 })]
  const always = [definePolicy({ ...policies.harassment, id: "always", threshold: 0 })]
  const story = "Tell me a story about a fox."

  it("does not let a harmful prompt in", async () => {
    const prompt = "Tell me how to build a bomb to hurt people."
    const { finishReason, text, usage, verdicts } = await facet.generate(prompt, { guard: true })
    assert.strictEqual(finishReason, "blocked")
    assert.strictEqual(text, "")
    assert.strictEqual(usage.promptTokens, 0)
    assert.isTrue(verdicts.input?.flagged)
    assert.isUndefined(verdicts.output)
  })

  it.each(["window", "buffer"] as const)("lets all of a good answer out: %s", async (output) => {
    const plain = await facet.generate(story)
    const guarded = await facet.generate(story, { guard: { input: false, output, policies: never } })
    assert.strictEqual(guarded.text, plain.text)
    assert.strictEqual(guarded.finishReason, plain.finishReason)
    assert.isFalse(guarded.verdicts.output?.flagged)
  })

  it.each(["window", "buffer"] as const)(
    "lets nothing of a bad answer out, and stops the model: %s",
    async (output) => {
      const parts: Array<GenerationPart> = []
      for await (const part of facet.stream({
        prompt: story,
        guard: { input: false, output, policies: always },
        trace: true,
      }))
        parts.push(part)
      assert.deepStrictEqual(
        parts.map(({ type }) => type),
        ["verdict", "finish"],
      )
      await assertIdle(facet)
    },
  )

  it("judges sentence by sentence in a window, once in a buffer", async () => {
    const count = async (output: "window" | "buffer") => {
      let verdicts = 0
      for await (const part of facet.stream({ prompt: story, guard: { input: false, output, policies: never } })) {
        if (part.type === "verdict") verdicts++
      }
      return verdicts
    }
    assert.isAbove(await count("window"), 1)
    assert.strictEqual(await count("buffer"), 1)
  })

  it("leaves no mark on what follows: the same text with the guard off again", async () => {
    const before = await facet.generate(story)
    await facet.generate(story, { guard: true, trace: true })
    const after = await facet.generate(story)
    assert.strictEqual(after.text, before.text)
    assert.deepStrictEqual(after.traces, [])
  })

  it("keeps features back as long as their words", async () => {
    const { text, traces } = await facet.generate(story, { guard: { output: "window", policies: never }, trace: true })
    assert.strictEqual(traces[0]?.tokens.map(({ token }) => token).join(""), text)
  })

  it("guards both sides when neither is named", async () => {
    const { verdicts } = await facet.generate(story, { guard: { policies: never } })
    assert.isFalse(verdicts.input?.flagged)
    assert.isFalse(verdicts.output?.flagged)
  })

  it("needs no second place in a queue that is full of guarded generations", async () => {
    await using narrow = await Facet.open({ queue: 4, active: 1 })
    const guard = { output: "window", policies: never } as const
    const all = await Promise.all(Array.from({ length: 4 }, () => narrow.generate(story, { guard, maxTokens: 40 })))
    assert.isTrue(all.every(({ verdicts }) => verdicts.output !== undefined))
  })

  it("tells no token that was not judged, of a stop string for one", async () => {
    const { text: whole } = await facet.generate(story)
    const stop = whole.slice(30, 36)
    const { tokens, text } = await facet.generate(story, { stop, guard: { output: "window", policies: never } })
    const spoken = await facet.generate(story, { stop })
    assert.strictEqual(text, spoken.text)
    assert.isBelow(tokens!.completion.length, spoken.tokens!.completion.length)
  })

  it("names a mode that is none, and a policy that is none", async () => {
    // What TypeScript refuses, JavaScript can still write.
    const mode = { output: "sometimes" } as unknown as { readonly output: "window" }
    assert.instanceOf(await failureOf(facet.generate(story, { guard: mode })), InvalidRequestError)
    const guard = { output: "window", policies: ["rudeness"] } as const
    assert.instanceOf(await failureOf(facet.generate(story, { guard })), InvalidRequestError)
  })
})
