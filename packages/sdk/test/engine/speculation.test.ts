/** Guessing changes how fast a text comes, and not the text. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet } from "../../src/index.ts"

const quote = "The fox and the bear went home. The dog and the cat went home. "
const prompts = [
  `${quote.repeat(3)}The fox and the bear`,
  "one two three four one two three four one two three",
  "Tell me a story about a dog.",
  "a b c d e f g a b c d e f g a b",
]

describe("guessed tokens", () => {
  let guessing: Facet
  let plain: Facet
  beforeAll(async () => {
    guessing = await Facet.open()
    plain = await Facet.open({ speculate: false })
  })
  afterAll(async () => {
    await guessing.close()
    await plain.close()
  })

  it.each([
    ["greedy", {}],
    ["sampled", { temperature: 1, seed: 11 }],
    ["with penalties and a nucleus", { temperature: 0.7, topP: 0.9, repetitionPenalty: 1.1, seed: 3 }],
    ["with a stop string", { stop: ["went", "story"] }],
    ["with log-probabilities", { logprobs: 3 }],
    ["traced", { trace: { layer: 4, topK: 3 } }],
  ] as const)("leave a text as it is, %s", async (_name, options) => {
    for (const prompt of prompts) {
      const wanted = { template: "none", maxTokens: 40, ...options } as const
      const [one, other] = [await guessing.generate(prompt, wanted), await plain.generate(prompt, wanted)]
      assert.strictEqual(one.text, other.text)
      assert.strictEqual(one.finishReason, other.finishReason)
      assert.deepStrictEqual({ ...one.usage, cachedTokens: 0 }, { ...other.usage, cachedTokens: 0 })
      assert.deepStrictEqual(
        one.logprobs?.map(({ token }) => token),
        other.logprobs?.map(({ token }) => token),
      )
      for (const [i, { logprob }] of (one.logprobs ?? []).entries()) {
        assert.closeTo(logprob, other.logprobs?.[i]?.logprob ?? NaN, 1e-3)
      }
      const features = (traces: typeof one.traces) =>
        traces.flatMap(({ tokens }) => tokens.map(({ features: [best], token }) => [token, best?.index]))
      assert.deepStrictEqual(features(one.traces), features(other.traces))
    }
  })

  it("keep to the limit of tokens, and leave a cache that serves the next request", async () => {
    for (const maxTokens of [1, 2, 3, 9]) {
      const { usage } = await guessing.generate(prompts[0] ?? "", {
        template: "none",
        maxTokens,
        logitBias: { 1: -100 },
      })
      assert.strictEqual(usage.completionTokens, maxTokens)
    }
    const first = await guessing.generate(prompts[0] ?? "", { template: "none", maxTokens: 20 })
    const next = await guessing.generate(`${prompts[0]}${first.text}`, { template: "none", maxTokens: 20 })
    const cold = await plain.generate(`${prompts[0]}${first.text}`, { template: "none", maxTokens: 20 })
    assert.isAbove(next.usage.cachedTokens, first.usage.promptTokens - 1)
    assert.strictEqual(next.text, cold.text)
  })
})
