/** Generations that are held to a form, with what else a generation may carry. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet, InvalidRequestError } from "../../src/index.ts"
import type { GenerateOptions } from "../../src/words/GenerateOptions.ts"

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 20 },
    age: { type: "integer", minimum: 0, maximum: 120 },
    description: { enum: ["small", "large"] },
    tags: { type: "array", items: { type: "string", maxLength: 8 }, maxItems: 3 },
  },
  required: ["name", "age", "description", "tags"],
  additionalProperties: false,
}

/** Whether it is an object of the schema above. */
function assertFits(text: string): void {
  const value = JSON.parse(text)
  assert.deepStrictEqual(Object.keys(value), ["name", "age", "description", "tags"])
  assert.isAtMost([...value.name].length, 20)
  assert.isTrue(Number.isInteger(value.age) && value.age >= 0 && value.age <= 120)
  assert.include(["small", "large"], value.description)
  assert.isAtMost(value.tags.length, 3)
}

describe("a generation of a form", () => {
  let facet: Facet
  let unhurried: Facet
  beforeAll(async () => {
    facet = await Facet.open()
    unhurried = await Facet.open({ speculate: false })
  })
  afterAll(async () => {
    await facet.close()
    await unhurried.close()
  })
  const prompt = "Tell me about a fox."

  const ways: ReadonlyArray<readonly [name: string, options: GenerateOptions]> = [
    ["greedy", {}],
    ["sampled", { temperature: 1, seed: 3 }],
    ["of the likeliest", { temperature: 1.2, topK: 20, topP: 0.9, seed: 4 }],
    ["of a nucleus", { temperature: 1.2, topP: 0.8, seed: 5 }],
    ["of the nearly likeliest", { temperature: 1, minP: 0.05, seed: 6 }],
    ["with penalties", { repetitionPenalty: 1.3, presencePenalty: 0.5, frequencyPenalty: 0.5 }],
    ["with log-probabilities", { logprobs: 2 }],
    ["traced", { trace: { layer: 4, topK: 2 } }],
    ["behind a guard", { guard: true }],
    ["as a whole text", { template: "none" }],
  ]
  it.each(ways)("is JSON of its schema, %s", async (_name, options) => {
    const { finishReason, logprobs, text, tokens, traces, usage } = await facet.generate(prompt, { schema, ...options })
    assertFits(text)
    assert.strictEqual(finishReason, "stop")
    assert.strictEqual(usage.completionTokens, tokens?.completion.length)
    if (options.logprobs !== undefined) {
      assert.deepStrictEqual(
        logprobs?.map(({ id }) => id),
        tokens?.completion,
      )
      assert.isTrue(logprobs?.every(({ logprob }) => logprob <= 0))
    }
    if (options.trace !== undefined)
      assert.deepStrictEqual(
        traces[0]?.tokens.map(({ id }) => id),
        tokens?.completion,
      )
  })

  it.each(ways.slice(0, 4))("is the same whether tokens are guessed or not, %s", async (_name, options) => {
    const asked = { schema, ...options }
    const [one, other] = [await facet.generate(prompt, asked), await unhurried.generate(prompt, asked)]
    assert.strictEqual(one.text, other.text)
    assert.deepStrictEqual(one.tokens, other.tokens)
  })

  it("comes out in pieces that make the whole", async () => {
    let text = ""
    let whole: string | undefined
    for await (const part of facet.stream(prompt, { schema, temperature: 1, seed: 9 })) {
      if (part.type === "text") text += part.text
      if (part.type === "finish") whole = part.finishReason
    }
    assertFits(text)
    assert.strictEqual(whole, "stop")
  })

  it("is one of some texts", async () => {
    const choices = ["It is so.", "It is not so."]
    for (const seed of [1, 2, 3]) {
      const { text } = await facet.generate(prompt, { choices, temperature: 2, seed })
      assert.include(choices, text)
    }
  })

  it("is what a regular expression matches, or a grammar says", async () => {
    const { text } = await facet.generate(prompt, { regex: "\\d{4}-[01]\\d", temperature: 2, seed: 1 })
    assert.match(text, /^\d{4}-[01]\d$/)
    const grammar = 'root ::= "The " ("fox" | "dog") " is " [a-z]{3,8} "."'
    const { text: sentence } = await facet.generate(prompt, { grammar })
    assert.match(sentence, /^The (?:fox|dog) is [a-z]{3,8}\.$/)
  })

  it("ends in time where tokens are few, and says so where they are too few", async () => {
    const open = { type: "array", items: { type: "string" } }
    for (const maxTokens of [5, 12, 30]) {
      const { finishReason, text, usage } = await facet.generate(prompt, {
        schema: open,
        maxTokens,
        temperature: 1.5,
        seed: 2,
      })
      assert.isArray(JSON.parse(text))
      assert.strictEqual(finishReason, "stop")
      assert.isAtMost(usage.completionTokens, maxTokens)
    }
    const { finishReason, usage } = await facet.generate(prompt, { schema, maxTokens: 3 })
    assert.strictEqual(finishReason, "length")
    assert.strictEqual(usage.completionTokens, 3)
  })

  it("ends before a stop string, as any text does", async () => {
    const { finishReason, text } = await facet.generate(prompt, { schema, stop: ["age"] })
    assert.strictEqual(finishReason, "stop")
    assert.notInclude(text, "age")
  })

  it.each<readonly [option: string, options: GenerateOptions]>([
    ["schema.properties.a.minLenght", { schema: { type: "object", properties: { a: { minLenght: 2 } } } }],
    ["grammar", { grammar: "root ::= nothing" }],
    ["regex", { regex: "(" }],
    ["choices", { choices: [] }],
    ["choices[1]", { choices: ["a", "\ud800"] }],
    ["schema", { schema: {}, grammar: 'root ::= "a"' }],
    ["constraint.of[0].choices", { constraint: { type: "sequence", of: [{ type: "choices", choices: [] }] } }],
  ])("that cannot be is refused, and %s is named", async (option, options) => {
    const refused = await facet.generate(prompt, options).then(
      () => undefined,
      (error: unknown) => error,
    )
    assert.instanceOf(refused, InvalidRequestError)
    assert.strictEqual(refused.option, option, refused.message)
  })

  it("that holds itself is refused", async () => {
    const cyclic: Record<string, unknown> = { type: "object" }
    cyclic["properties"] = { a: cyclic }
    const refused = await facet.generate(prompt, { schema: cyclic }).catch((error: unknown) => error)
    assert.instanceOf(refused, InvalidRequestError)
    assert.include(refused.problem, "holds itself")
  })
})
