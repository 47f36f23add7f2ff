/** What a guarded generation promises: nothing goes out that was not judged. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { definePolicy, Facet, type GenerationPart, InvalidRequestError, policies, type Verdict } from "../src/index.ts"
import type { EnginePart } from "../src/Generation.ts"
import { OutputGuard } from "../src/OutputGuard.ts"
import { failureOf } from "./fixtures/failure.ts"
import { untilIdle } from "./fixtures/idle.ts"

const verdict = (flagged: boolean): Verdict => ({ flagged, policies: [], tokens: { judged: 0, cached: 0 } })

/** A model's parts: words, traces of some of them, a finish. */
const partsOf = (words: ReadonlyArray<string>, traceEvery: number): Array<EnginePart> => {
  const parts: Array<EnginePart> = [{ type: "start", promptTokens: [2], cachedTokens: 0 }]
  let traced = 0
  words.forEach((text, id) => {
    parts.push({ type: "text", text, tokens: [id] })
    const waiting = id + 1 - traced
    if (waiting < traceEvery && id < words.length - 1) return
    const tokens = words.slice(traced, id + 1).map((token, i) => ({ token, id: traced + i, features: [] }))
    parts.push({ type: "trace", site: "resid_post", layer: 1, tokens })
    traced = id + 1
  })
  const usage = { promptTokens: 1, completionTokens: words.length, cachedTokens: 0 }
  const timings = { firstTokenMs: 1, totalMs: 2, tokensPerSecond: 3 }
  parts.push({ type: "finish", finishReason: "stop", usage, timings, tokens: { prompt: [2], completion: [] } })
  return parts
}

const textOf = (parts: ReadonlyArray<GenerationPart>) =>
  parts.map((part) => (part.type === "text" ? part.text : "")).join("")

/** Runs parts through a guard that flags whatever contains `forbidden`, and notes what it had judged at each release. */
const runGuard = (mode: "window" | "buffer", parts: ReadonlyArray<EnginePart>, forbidden: string) =>
  Effect.gen(function* () {
    let judged = ""
    const out: Array<GenerationPart> = []
    const guard = new OutputGuard(mode, (response) =>
      Effect.sync(() => {
        judged = response
        return verdict(response.includes(forbidden))
      }),
    )
    for (const part of parts) {
      out.push(...(yield* guard.take(part)))
      assert.isTrue(judged.startsWith(textOf(out)), "released before it was judged")
      assert.isFalse(textOf(out).includes(forbidden), "released although it was flagged")
      if (out.at(-1)?.type === "finish") break
    }
    return out
  })

describe("OutputGuard", () => {
  const word = Schema.Literals(["a ", "bear ", "sat. ", "Why", "? ", "no", "\n", " bad", "é", "bad "])
  const words = Schema.Array(word)

  for (const mode of ["window", "buffer"] as const) {
    it.effect.prop(
      `releases all that is judged good, in order, and nothing else: ${mode}`,
      { words, traceEvery: Schema.Literals([1, 3, 16]) },
      ({ traceEvery, words }) =>
        Effect.gen(function* () {
          const parts = partsOf(words, traceEvery)
          const whole = words.join("")
          const out = yield* runGuard(mode, parts, "bad")
          const finish = out.at(-1)
          assert.strictEqual(finish?.type, "finish")
          const isBad = whole.includes("bad")
          assert.strictEqual(finish?.type === "finish" && finish.finishReason, isBad ? "blocked" : "stop")
          assert.isTrue(whole.startsWith(textOf(out)))
          if (!isBad) assert.strictEqual(textOf(out), whole)
          const traced = out.flatMap((part) => (part.type === "trace" ? part.tokens.map(({ token }) => token) : []))
          assert.isTrue(textOf(out).startsWith(traced.join("")), "features of words that are not out")
          if (!isBad) assert.strictEqual(traced.join(""), whole)
        }),
      { arbitrary: { runs: 400 } },
    )
  }
})

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
    const guarded = await facet.generate(story, { guard: { output, policies: never } })
    assert.strictEqual(guarded.text, plain.text)
    assert.strictEqual(guarded.finishReason, plain.finishReason)
    assert.isFalse(guarded.verdicts.output?.flagged)
  })

  it.each(["window", "buffer"] as const)(
    "lets nothing of a bad answer out, and stops the model: %s",
    async (output) => {
      const parts: Array<GenerationPart> = []
      for await (const part of facet.stream({ prompt: story, guard: { output, policies: always }, trace: true }))
        parts.push(part)
      assert.deepStrictEqual(
        parts.map(({ type }) => type),
        ["verdict", "finish"],
      )
      await untilIdle(facet)
    },
  )

  it("judges sentence by sentence in a window, once in a buffer", async () => {
    const count = async (output: "window" | "buffer") => {
      let verdicts = 0
      for await (const part of facet.stream({ prompt: story, guard: { output, policies: never } })) {
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
    assert.isBelow(tokens.completion.length, spoken.tokens.completion.length)
  })

  it("names a mode that is none, and a policy that is none", async () => {
    // What TypeScript refuses, JavaScript can still write.
    const mode = { output: "sometimes" } as unknown as { readonly output: "window" }
    assert.instanceOf(await failureOf(facet.generate(story, { guard: mode })), InvalidRequestError)
    const guard = { output: "window", policies: ["rudeness"] } as const
    assert.instanceOf(await failureOf(facet.generate(story, { guard })), InvalidRequestError)
  })
})
