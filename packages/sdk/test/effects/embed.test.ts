/** What an embedding promises. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  ClosedError,
  ContextOverflowError,
  embed,
  type Embedding,
  type EmbedOptions,
  Facet,
  InvalidRequestError,
} from "../../src/index.ts"
import { layerHere } from "../fixtures/engine.ts"
import { failureOf } from "../fixtures/failure.ts"
import { assertIdle } from "../../../../test/assertIdle.ts"

const text = "The little fox ran into the forest. She was happy, and she sang a song to the moon."
const width = 192

describe("embed", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  /** The mean that a caller could take out of a trace. */
  const meanOf = async (of: string, layer: number): Promise<ReadonlyArray<number>> => {
    const { activations, tokens } = await facet.inspect(of, { layer, topK: 0, activations: true })
    assert.strictEqual(activations?.length, tokens.length * width)
    const rows = tokens.length - 1
    return Array.from({ length: width }, (_, i) => {
      let sum = 0
      for (let row = 1; row <= rows; row++) sum += activations?.[row * width + i] ?? NaN
      return sum / rows
    })
  }
  const assertClose = ({ embedding }: Embedding, expected: ReadonlyArray<number>) => {
    assert.strictEqual(embedding.length, expected.length)
    const scale = Math.max(...expected.map(Math.abs))
    expected.forEach((value, i) => assert.closeTo(embedding[i] ?? NaN, value, 1e-5 * scale))
  }
  const cosine = (a: Float32Array, b: Float32Array) => {
    const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0)
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  }

  it("is the mean of resid_post over all tokens but `<bos>`", async () => {
    for (const layer of [0, 2, 5]) {
      const embedding = await facet.embed(text, { layer })
      assert.instanceOf(embedding.embedding, Float32Array)
      assert.strictEqual(embedding.layer, layer)
      assertClose(embedding, await meanOf(text, layer))
    }
  })

  it("reads the layer two thirds of the way up when none is named", async () => {
    const { tokens } = await facet.score(text)
    const embedding = await facet.embed(text)
    assert.strictEqual(embedding.layer, 4)
    assert.strictEqual(embedding.tokens, tokens.length - 1)
    assert.deepStrictEqual(embedding, await facet.embed(text, { layer: 4 }))
  })

  it("takes texts of many chunks, up to the context and not beyond", async () => {
    const long = `${text} `.repeat(15)
    const embedding = await facet.embed(long)
    assert.isAbove(embedding.tokens, 256)
    assertClose(embedding, await meanOf(long, 4))
    // A word, and its space, is one token.
    assert.strictEqual((await facet.embed(" word".repeat(1023))).tokens, 1023)
    const error = await failureOf(facet.embed(" word".repeat(1024)))
    assert.instanceOf(error, ContextOverflowError)
    assert.deepStrictEqual([error.tokens, error.limit], [1025, 1024])
  })

  it("is nearer for texts that are alike", async () => {
    const [dog, puppy, fractions] = await Promise.all([
      facet.embed("The dog was hungry and ran home to eat."),
      facet.embed("The hungry puppy ran home and had some food."),
      facet.embed("You can add numbers: one and two is three."),
    ])
    const near = cosine(dog.embedding, puppy.embedding)
    assert.isAbove(near, cosine(dog.embedding, fractions.embedding))
    assert.isAbove(near, cosine(puppy.embedding, fractions.embedding))
  })

  it("is zeros for a text without tokens", async () => {
    const empty = await facet.embed("", { layer: 3 })
    assert.deepStrictEqual(empty, { embedding: new Float32Array(width), layer: 3, tokens: 0 })
  })

  it("takes what looks like control tokens as text", async () => {
    const { tokens } = await facet.score("<bos>")
    assert.strictEqual((await facet.embed("<bos>")).tokens, tokens.length - 1)
    assert.isAbove(tokens.length, 2)
  })

  it("is the same whatever else runs", async () => {
    const texts = Array.from({ length: 6 }, (_, i) => `${text} And ${i} stars. `.repeat(1 + i))
    const alone: Array<Embedding> = []
    for (const one of texts) alone.push(await facet.embed(one))
    const beside = facet.generate("Tell me a story about a fox.", { maxTokens: 20 })
    assert.deepStrictEqual(await Promise.all(texts.map((one) => facet.embed(one))), alone)
    await beside
  })

  it.each<[string, unknown, unknown]>([
    ["layer", text, { layer: 6 }],
    ["layer", text, { layer: -1 }],
    ["layer", "", { layer: 6 }],
    ["layer", text, { layer: 1.5 }],
    ["layer", text, { layer: "4" }],
    ["site", text, { site: "mlp_out" }],
    ["text", "half \ud83d of a fox", {}],
    ["text", null, {}],
    ["text", ["a", "b"], {}],
    ["options", text, null],
    ["signal", text, { signal: 5 }],
  ])("names what is wrong: %s", async (option, input, options) => {
    // What TypeScript refuses, JavaScript can still write.
    const error = await failureOf(facet.embed(input as string, options as EmbedOptions))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })

  it("names the layers that there are", async () => {
    assert.include(String(await failureOf(facet.embed(text, { layer: 6 }))), "from 0 to 5")
  })

  /** The engine has heard of all that was asked before, and has not done it yet. */
  /** Ends when the engine has requests: their code comes with the first of them. */
  const isAsked = async (of: Facet) => {
    while ((await of.stats()).requests === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  it("ends when it is aborted, with the signal's own reason", async () => {
    const reason = new Error("the user left")
    assert.strictEqual(await failureOf(facet.embed(text, { signal: AbortSignal.abort(reason) })), reason)
    const controller = new AbortController()
    // Many, so that the last still waits for its turn when the signal fires.
    const running = Array.from({ length: 8 }, (_, i) =>
      failureOf(facet.embed(`${i}${" word".repeat(1000)}`, { signal: controller.signal })),
    )
    await isAsked(facet)
    controller.abort(reason)
    for (const failure of await Promise.all(running)) assert.strictEqual(failure, reason)
    // Each of them would have taken eight steps.
    await assertIdle(facet, 3)
  })

  it("ends when it is closed", async () => {
    const closing = await Facet.open()
    const running = Array.from({ length: 8 }, () => failureOf(closing.embed(" word".repeat(1000))))
    await isAsked(closing)
    void closing.close()
    for (const failure of await Promise.all(running)) assert.instanceOf(failure, ClosedError)
    assert.instanceOf(await failureOf(closing.embed(text)), ClosedError)
    await closing.close()
  })

  it.live("is an effect too", () =>
    Effect.gen(function* () {
      const { layer, tokens } = yield* embed(text, { layer: 1 })
      assert.strictEqual(layer, 1)
      assert.isAbove(tokens, 10)
      const error = yield* Effect.flip(embed(text, { layer: 9 }))
      assert.strictEqual(error._tag, "InvalidRequestError")
    }).pipe(Effect.provide(layerHere({}))),
  )
})
