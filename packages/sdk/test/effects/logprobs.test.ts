/** What log-probabilities of a generation promise. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { likeliest, logSoftmaxAt } from "../../src/engine/Logprobs.ts"
import {
  Facet,
  type GenerateOptions,
  type Generation,
  type GenerationPart,
  InvalidRequestError,
  policies,
} from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"

const story = "Tell me a story about a fox."

describe("logprobs", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  const partsOf = async (prompt: string, options: GenerateOptions) => {
    const parts: Array<GenerationPart> = []
    for await (const part of facet.stream(prompt, options)) parts.push(part)
    return parts
  }
  const idsOf = ({ logprobs }: Generation) => (logprobs ?? []).map(({ id }) => id)
  /** As they come in a generation that was asked for them. */
  const listOf = ({ logprobs }: Generation) => logprobs ?? assert.fail("there are no log-probabilities")

  it("are those that score gives for the same tokens", async () => {
    const prompt = "Once upon a time there was a"
    const said = await facet.generate(prompt, { template: "none", maxTokens: 24, logprobs: true })
    const score = await facet.score(prompt + said.text)
    const from = said.tokens!.prompt.length
    // The text is read as it was written: otherwise the comparison would be of different tokens.
    assert.deepStrictEqual(
      score.tokens.map(({ id }) => id),
      [...said.tokens!.prompt, ...said.tokens!.completion],
    )
    const list = listOf(said)
    assert.strictEqual(list.length, said.tokens!.completion.length)
    assert.isAtLeast(list.length, 10)
    for (const [i, { logprob, top }] of list.entries()) {
      assert.closeTo(logprob, score.tokens[from + i]?.logprob ?? NaN, 1e-3)
      assert.deepStrictEqual(top, [])
    }
  })

  it("come with the likeliest tokens, in order, the chosen one first when greedy", async () => {
    const said = await facet.generate(story, { maxTokens: 20, logprobs: 20 })
    for (const { top, ...chosen } of listOf(said)) {
      assert.deepStrictEqual(top[0], chosen)
      assert.strictEqual(top.length, 20)
      assert.strictEqual(new Set(top.map(({ id }) => id)).size, 20)
      const logprobs = top.map(({ logprob }) => logprob)
      assert.deepStrictEqual(
        logprobs,
        logprobs.toSorted((a, b) => b - a),
      )
      const sum = logprobs.reduce((total, logprob) => total + Math.exp(logprob), 0)
      assert.isAtMost(sum, 1 + 1e-9)
      assert.isAbove(sum, 0.2)
      assert.isTrue(logprobs.every((logprob) => logprob <= 0))
    }
  })

  it("are the model's own, whatever changes the choice", async () => {
    const plain = listOf(await facet.generate(story, { maxTokens: 1, logprobs: 5 }))[0]
    const second = plain?.top[1] ?? assert.fail("there is no second")
    const changed = await facet.generate(story, {
      maxTokens: 1,
      logprobs: 5,
      temperature: 1.5,
      topK: 1,
      logitBias: { [second.id]: 100 },
    })
    const [token] = listOf(changed)
    assert.strictEqual(token?.id, second.id)
    assert.closeTo(token?.logprob ?? NaN, second.logprob, 1e-9)
    assert.deepStrictEqual(token?.top, plain?.top)
  })

  it("change nothing about the text, and the most alternatives begin with the fewest", async () => {
    const options = { maxTokens: 12, temperature: 0.8, seed: 4 } as const
    const [without, none, three, most] = await Promise.all(
      [undefined, 0, 3, 20].map((logprobs) => facet.generate(story, { ...options, logprobs })),
    )
    assert.isFalse("logprobs" in (without ?? {}))
    assert.isTrue([none, three, most].every((said) => said?.text === without?.text))
    const tops = (said: Generation | undefined) => said?.logprobs?.map(({ top }) => top)
    assert.deepStrictEqual(
      tops(three),
      tops(most)?.map((top) => top.slice(0, 3)),
    )
    assert.isTrue(tops(none)?.every((top) => top.length === 0))
  })

  it("are not there when nobody asked", async () => {
    for (const options of [{}, { logprobs: false }, { logprobs: undefined }]) {
      const parts = await partsOf(story, { maxTokens: 3, ...options })
      assert.isAbove(parts.length, 1)
      for (const part of parts) assert.notProperty(part, "logprobs")
    }
  })

  it("go along with the text that their tokens complete", async () => {
    const parts = await partsOf(story, { maxTokens: 15, logprobs: 2 })
    const texts = parts.filter((part) => part.type === "text")
    assert.isAbove(texts.length, 5)
    for (const { logprobs, tokens } of texts) {
      assert.deepStrictEqual(
        logprobs?.map(({ id }) => id),
        [...tokens!],
      )
    }
    const bytes = texts.flatMap(({ logprobs = [] }) => logprobs.flatMap((token) => token.bytes))
    assert.strictEqual(Buffer.from(bytes).toString(), texts.map(({ text }) => text).join(""))
    const finish = parts.at(-1)
    assert.deepStrictEqual(finish?.type === "finish" ? finish.logprobs : undefined, [])
  })

  it("are those of the completion's tokens, also of a stop string's", async () => {
    const { text } = await facet.generate(story, { maxTokens: 40 })
    const middle = Math.floor(text.length / 2)
    for (const stop of [text.slice(middle, middle + 1), text.slice(middle - 3, middle + 9), text.slice(0, 2)]) {
      const said = await facet.generate(story, { stop, logprobs: true })
      assert.isAbove(said.tokens!.completion.length, 0)
      assert.deepStrictEqual(idsOf(said), [...said.tokens!.completion], JSON.stringify(stop))
    }
  })

  it("tell the bytes of characters that are spread over tokens", async () => {
    const { tokens } = await facet.score("日本")
    const bytes = tokens.filter(({ token }) => token.startsWith("<0x")).map(({ id }) => id)
    assert.isAtLeast(bytes.length, 4)
    // Whole characters, and pieces of some, in no order at all.
    const logitBias = Object.fromEntries(bytes.map((id) => [id, 100]))
    const said = await facet.generate(story, { logitBias, temperature: 3, seed: 5, maxTokens: 40, logprobs: 1 })
    const list = listOf(said)
    assert.deepStrictEqual(idsOf(said), [...said.tokens!.completion])
    assert.strictEqual(new TextDecoder().decode(Uint8Array.from(list.flatMap((token) => token.bytes))), said.text)
    assert.isTrue(list.every(({ bytes: own, token }) => own.length === 1 && token === "\uFFFD"))
  })

  it("name a token that has no text", async () => {
    const said = await facet.generate(story, { logitBias: { 106: 100 }, maxTokens: 2, logprobs: true })
    assert.strictEqual(said.text, "")
    assert.deepStrictEqual(
      listOf(said).map(({ bytes, id, token }) => ({ bytes, id, token })),
      [106, 106].map((id) => ({ bytes: [], id, token: "<start_of_turn>" })),
    )
    assert.deepStrictEqual(said.tokens!.completion, [106, 106])
  })

  it("are an empty list when the turn ends at once", async () => {
    const said = await facet.generate(story, { logitBias: { 107: 100 }, logprobs: true })
    assert.strictEqual(said.usage.completionTokens, 1)
    assert.deepStrictEqual(said.logprobs, [])
  })

  it("pass a guard with their text, and no others do", async () => {
    const said = await facet.generate(story, { guard: { output: "window" }, stop: "fox", logprobs: 1 })
    assert.deepStrictEqual(idsOf(said), [...said.tokens!.completion])
    const strict = { ...policies.harassment, threshold: 0 }
    for (const guard of [{ input: false, output: "buffer" }, { input: true }] as const) {
      const blocked = await facet.generate(story, {
        guard: { ...guard, policies: [strict] },
        maxTokens: 5,
        logprobs: 1,
      })
      assert.strictEqual(blocked.finishReason, "blocked")
      assert.deepStrictEqual(blocked.logprobs, [])
    }
  })

  it.each([-1, 21, 1.5, NaN, Infinity, "3", null, {}])("refuses %s", async (logprobs) => {
    const error = await failureOf(facet.generate(story, { logprobs: logprobs as number }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "logprobs")
    assert.include(error.message, "0 to 20")
  })
})

describe("likeliest", () => {
  it("finds what sorting finds, the lowest id among equals, and no masked token", () => {
    const logits = Float32Array.from({ length: 500 }, (_, i) => ((i * 7919) % 83) - 40)
    logits.fill(-Infinity, 100, 120)
    const sorted = [...logits.keys()].toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
    for (const count of [0, 1, 5, 20]) {
      const { logprob, top } = likeliest(logits, 33, count)
      assert.deepStrictEqual(
        top,
        sorted.slice(0, count).map((id) => ({ id, logprob: logSoftmaxAt(logits, id) })),
      )
      assert.strictEqual(logprob, logSoftmaxAt(logits, 33))
    }
    const few = likeliest(Float32Array.of(-Infinity, 1, -Infinity, 2), 1, 3)
    assert.deepStrictEqual(
      few.top.map(({ id }) => id),
      [3, 1],
    )
  })
})
