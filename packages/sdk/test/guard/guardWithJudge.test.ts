/** Judges in ShieldGemma's place: with `shield`, in guards with and without a model, in a generation. */
import * as Effect from "effect/Effect"
import { afterAll, assert, beforeAll, describe, expect, it } from "vitest"
import {
  definePolicy,
  Facet,
  type GenerateOptions,
  guardWithJudge,
  GuardTimeoutError,
  type Judge,
  JudgeError,
  policies,
  type Prompt,
  shield,
  type Thresholds,
} from "../../src/index.ts"
import { allOf, anyOf, shieldGemma, wordList } from "../../src/guard/judges/index.ts"
import { failureOf } from "../fixtures/failure.ts"

const fox = wordList({ words: { fox: ["fox"] } })
const failing: Judge = { name: "failing", judge: () => Promise.reject(new Error("out of order")) }
const harmful = "Tell me how to build a bomb to hurt people."

let facet: Facet
beforeAll(async () => void (facet = await Facet.open()))
afterAll(() => facet.close())

describe("shield with a judge", () => {
  it("gives its verdict, also as an Effect", async () => {
    const verdict = await facet.shield("A fox!", { judge: fox })
    assert.deepEqual(verdict.policies, [{ policy: "fox", probability: 1, threshold: 0.5, flagged: true }])
    assert.deepEqual(verdict.tokens, { judged: 0, cached: 0 })
    const program = shield({ prompt: "A fox!", response: "A dog." }, { judge: fox }).pipe(Effect.provide(Facet.layer()))
    assert.isFalse((await Effect.runPromise(program)).flagged)
  })

  it("asks ShieldGemma where the judge does: the same verdict as without", async () => {
    const own = await facet.shield(harmful, { policies: ["dangerous_content"] })
    const asked = await facet.shield(harmful, { judge: shieldGemma({ policies: ["dangerous_content"] }) })
    assert.isTrue(asked.flagged)
    assert.deepEqual(asked.policies, own.policies)
    const stricter = shieldGemma({ policies: [{ ...policies.harassment, threshold: 0.1 }] })
    assert.strictEqual((await facet.shield("Hello.", { judge: stricter })).policies[0]?.threshold, 0.1)
  })

  it("joins both in an ensemble", async () => {
    const model = shieldGemma({ policies: ["dangerous_content"] })
    assert.isTrue((await facet.shield("A fox!", { judge: anyOf([fox, model]) })).flagged)
    assert.isFalse((await facet.shield("A fox!", { judge: allOf([fox, model]) })).flagged)
    assert.isTrue((await facet.shield(`${harmful} A fox!`, { judge: allOf([fox, model]) })).flagged)
  })

  it("says what is left where the judge cuts something out, of the side that it judged", async () => {
    const judge = wordList({ words: { fox: ["fox"] }, action: "redact" })
    const said = await facet.shield({ prompt: "A fox?", response: "A fox, a Fox!" }, { judge })
    assert.strictEqual(said.redacted, "A [fox], a [fox]!")
    assert.deepEqual(said.policies[0]?.spans?.[0], { start: 2, end: 5 })
    assert.strictEqual((await facet.shield("A fox!", { judge })).redacted, "A [fox]!")
    assert.isUndefined((await facet.shield("A dog!", { judge })).redacted)
  })

  it("fails with a typed error when the judge does", async () => {
    const error = await failureOf(facet.shield("Hi.", { judge: failing }))
    assert.instanceOf(error, JudgeError)
    assert.strictEqual(error.message, 'Judge "failing": out of order. See what it needs, or leave it out.')
  })

  it.each([
    [{ judge: fox, policies: ["harassment"] }, "policies"],
    [{ judge: "openai" }, "judge"],
    [{ judge: { judge: async () => ({}) } }, "judge.name"],
    [{ judge: { name: "x" } }, "judge.judge"],
    [{ thresholds: { harassment: 0.3 } }, "harassment"],
    [{ thresholds: 0.3 }, "thresholds"],
  ])("refuses %j", async (options, at) => {
    const error = await failureOf(facet.shield("Hi.", options as never))
    assert.include((error as { option?: string }).option, at)
  })
})

describe("thresholds out of a file", () => {
  const file = (thresholds: Readonly<Record<string, number>>): Thresholds => ({
    kind: "facet-thresholds",
    version: 1,
    thresholds,
  })

  it("decide in place of the policies' own, and of a judge's", async () => {
    const { policies: said } = await facet.shield("Hello.", { thresholds: file({ harassment: 0 }) })
    assert.deepEqual(
      said.map(({ flagged, policy }) => [policy, flagged]),
      [
        ["dangerous_content", false],
        ["harassment", true],
        ["hate_speech", false],
        ["sexually_explicit", false],
      ],
    )
    assert.isFalse(
      (
        await facet.shield("A fox!", {
          judge: wordList({ words: { fox: ["fox"] }, precision: 0.9 }),
          thresholds: file({ fox: 0.95 }),
        })
      ).flagged,
    )
    const guard = facet.guard({ policies: ["harassment"], thresholds: file({ harassment: 0, hate_speech: 0.1 }) })
    assert.isTrue((await guard.input("Hello.")).flagged)
    // Every object has something of these names.
    for (const id of ["constructor", "__proto__"]) {
      const policies = [definePolicy({ id, promptGuideline: "No foxes." })]
      const verdict = await facet.shield("Hello.", { policies, thresholds: file({ harassment: 0 }) })
      assert.strictEqual(verdict.policies[0]?.threshold, 0.5)
    }
  })

  it.each([
    [{ kind: "other", version: 1, thresholds: { harassment: 1 } }, "thresholds.kind"],
    [{ kind: "facet-thresholds", version: 2, thresholds: { harassment: 1 } }, "thresholds.version"],
    [file({}), "thresholds.thresholds"],
    [file({ harassment: 1.5 }), "thresholds.thresholds.harassment"],
    [file({ harrassment: 0.5 }), "thresholds.thresholds.harrassment"],
    [{ ...file({ harassment: 1 }), more: 1 }, "thresholds.more"],
  ])("are refused where they are none: %j", async (thresholds, option) => {
    const error = await failureOf(facet.shield("Hi.", { thresholds: thresholds as never }))
    assert.strictEqual((error as { option?: string }).option, option)
  })
})

describe("a guard with a judge", () => {
  it("needs no model", async () => {
    const guard = guardWithJudge({ judge: fox })
    assert.strictEqual((await guard.text(async () => "A dog.")("A f.o.x?")).blocked?.of, "input")
    const { blocked, report } = await guard.text(async () => "Here it is. A fox!")("A dog?")
    assert.strictEqual(blocked?.of, "output")
    assert.strictEqual(report.leakedCharacters, 0)
    assert.strictEqual((await guard.text(async () => "A cat.")("A dog?")).text, "A cat.")
  })

  it("refuses a judge that needs a model, and none at all", () => {
    expect(() => guardWithJudge({ judge: anyOf([fox, shieldGemma()]) })).toThrow("a judge that needs none")
    expect(() => guardWithJudge({})).toThrow("a judge that needs none")
  })

  it("blocks what its judge could not judge, unless it may let it through", async () => {
    const closed = await guardWithJudge({ judge: failing }).text(async () => "A cat.")("A dog?")
    assert.strictEqual(closed.blocked?.reason, "failed")
    assert.instanceOf(closed.blocked?.error, JudgeError)
    assert.strictEqual(closed.text, "")
    const open = await guardWithJudge({ judge: failing, onError: "allow" }).text(async () => "A cat.")("A dog?")
    assert.strictEqual(open.text, "A cat.")
  })

  it("stops a judge that takes too long, and blocks", async () => {
    let stopped: unknown
    const slow: Judge = {
      name: "slow",
      judge: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject((stopped = signal.reason)))
        }),
    }
    const { blocked } = await guardWithJudge({ judge: slow, timeoutMs: 30 }).text(async () => "A cat.")("A dog?")
    assert.instanceOf(blocked?.error, GuardTimeoutError)
    assert.isDefined(stopped)
  })

  it("lets each failure of an ensemble follow `onError`, and a flag that stands stand", async () => {
    const ask = (judge: Judge, text: string) =>
      guardWithJudge({ judge, output: false }).text(async () => "A cat.")(text)
    assert.strictEqual((await ask(anyOf([failing, fox]), "A dog?")).blocked?.reason, "failed")
    assert.strictEqual((await ask(anyOf([failing, fox]), "A fox?")).blocked?.reason, "flagged")
  })

  it("of a generation cuts out, with the tokens that spell it, and refuses what would spell them", async () => {
    const judge = wordList({ words: { fox: ["fox"] }, action: "redact" })
    const asked = { guard: { judge, input: false }, maxTokens: 24 }
    const story = "Tell me a story about a fox."
    const plain = await facet.generate(story, { maxTokens: 24 })
    assert.include(plain.text, "fox")
    const { guard, text, tokens } = await facet.generate(story, asked)
    assert.strictEqual(text, plain.text.replaceAll(/\bfox\b/gi, "[fox]"))
    assert.isBelow(tokens?.completion.length ?? Infinity, plain.tokens?.completion.length ?? 0)
    assert.isAbove(guard?.redactedCharacters ?? 0, 0)
    for (const [option, own] of [
      ["logprobs", { logprobs: true }],
      ["trace", { trace: { layer: 2 } }],
    ] as const) {
      expect(await failureOf(facet.generate(story, { ...asked, ...own }))).toMatchObject({ option })
    }
    // What is cut out of a form leaves none.
    const form = await facet.generate(story, { ...asked, choices: ["a fox", "the fox"] })
    assert.strictEqual(form.finishReason, "blocked")
    assert.notInclude(form.text, "fox")
  })

  it("of a generation cuts out of what is asked, whoever says it, before the model reads it", async () => {
    const guard = { judge: wordList({ words: { animal: ["fox"] }, action: "redact" }), output: false }
    const tokensOf = async (prompt: Prompt, options: GenerateOptions = {}) => {
      const { finishReason, guard: report, tokens } = await facet.generate(prompt, { maxTokens: 1, ...options })
      return { prompt: tokens?.prompt, cut: report?.redactedInputCharacters, isBlocked: finishReason === "blocked" }
    }
    const chat = (animal: string) =>
      [
        { role: "system", content: `Speak of a ${animal}.` },
        { role: "user", content: `Is a ${animal} red?` },
        { role: "assistant", content: "A fox is." },
        { role: "user", content: "Why?" },
      ] as const
    const tools = [{ name: "look", description: "Looks.", parameters: { type: "object", properties: {} } }] as const
    for (const options of [{}, { tools }]) {
      const { cut, prompt } = await tokensOf(chat("fox"), { ...options, guard })
      const plain = await tokensOf(chat("[animal]"), options)
      assert.deepEqual([prompt, cut], [plain.prompt, 6])
    }
    assert.deepEqual((await tokensOf("A fox?", { guard })).prompt, (await tokensOf("A [animal]?")).prompt)
    assert.isTrue((await tokensOf({ tokens: await facet.tokens.encode("A fox?") }, { guard })).isBlocked)
    const open = [
      { role: "user", content: "A fox?" },
      { role: "assistant", content: "A" },
    ] as const
    assert.isTrue((await tokensOf(open, { continueFinalMessage: true, guard })).isBlocked)
  })

  it("guards a generation, with the model as one of its judges", async () => {
    const judge = anyOf([fox, shieldGemma({ policies: ["dangerous_content"] })])
    const { finishReason, guard, text } = await facet.generate("Tell me a story about a fox.", {
      guard: { judge, input: false },
      maxTokens: 40,
    })
    assert.strictEqual(finishReason, "blocked")
    assert.notInclude(text, "fox")
    assert.isTrue(guard?.verdicts.output?.policies.some(({ flagged, policy }) => flagged && policy === "fox"))
  })

  it("guards as many generations at once as there are places, without waiting for itself", async () => {
    const judge = shieldGemma({ policies: ["dangerous_content"] })
    const all = Array.from({ length: 10 }, () =>
      facet.generate("Tell me a story about a dog.", { guard: { judge }, maxTokens: 12 }),
    )
    for (const { text } of await Promise.all(all)) assert.isNotEmpty(text)
  })
})
