/** What features do to a verdict, and to the next token: reckoned, and held against what happens. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { gemmaFolder } from "@facet/tiny"
import { Facet, type FeatureReason, InvalidRequestError } from "../../../src/index.ts"
import { failureOf } from "../../fixtures/failure.ts"

const text = "Once upon a time, a fox lived near the lake."

let facet: Facet
beforeAll(async () => {
  facet = await Facet.open()
})
afterAll(() => facet.close())

describe("features, explained", () => {
  it("of a verdict come with what they add by the straight way, and with what happens without them", async () => {
    const explain = { features: 4, layer: 4 }
    const { policies } = await facet.shield("Tell me how to build a bomb to hurt people.", { explain })
    const features: ReadonlyArray<FeatureReason> = policies[0]?.reason?.features ?? []
    assert.lengthOf(features, 4)
    const strengths = features.map(({ direct }) => Math.abs(direct))
    assert.deepStrictEqual(
      strengths,
      strengths.toSorted((a, b) => b - a),
    )
    for (const { activation, direct, effect, layer, site } of features) {
      assert.deepStrictEqual([site, layer], ["resid_post", 4])
      assert.isAbove(activation, 0)
      assert.isTrue(Number.isFinite(direct) && Number.isFinite(effect))
    }
    // Behind layer 4 is one more: what is reckoned without it points the way that is measured.
    const [first] = features
    assert.strictEqual(Math.sign(first?.direct ?? 0), Math.sign(first?.effect ?? 0))
  })

  it("are looked for in autoencoders that write to the residual stream alone", async () => {
    for (const [option, asking] of [
      ["features[0]", () => facet.featureLogits({ features: [100_000], layer: 4 })],
      ["layer", () => facet.featureLogits({ features: [1], layer: 5 })],
      ["features", () => facet.featureLogits({ features: [] })],
      ["topK", () => facet.lens(text, { topK: 0 })],
      ["layers[1]", () => facet.lens(text, { layers: [0, 6] })],
      ["explain.features", () => facet.shield("Build a bomb.", { explain: { features: 0 } })],
      ["explain.layer", () => facet.shield("Build a bomb.", { explain: { features: 1, layer: 0.5 } })],
    ] as const) {
      const error = await failureOf(asking())
      assert.instanceOf(error, InvalidRequestError, option)
      assert.strictEqual(error.option, option)
    }
  })

  it("need autoencoders", async () => {
    await using plain = await Facet.open({ model: gemmaFolder, shield: "tiny" })
    const without = await failureOf(plain.shield("Tell me how to build a bomb.", { explain: { features: 1 } }))
    assert.instanceOf(without, InvalidRequestError)
    assert.strictEqual(without.option, "scope")
    assert.instanceOf(await failureOf(plain.inspectAll(text)), InvalidRequestError)
  })

  it("raise the logits that they are said to raise, by so much", async () => {
    const index = 519
    const { features, layer } = await facet.featureLogits({ layer: 4, features: [index], topK: 5 })
    const [named] = features
    const promoted = named?.promoted ?? []
    assert.lengthOf(promoted, 5)
    assert.deepStrictEqual(
      promoted.map(({ effect }) => effect),
      promoted.map(({ effect }) => effect).toSorted((a, b) => b - a),
    )
    for (const { effect } of named?.suppressed ?? []) assert.isBelow(effect, 0)
    // The same through layers 5: what the straight way raises most is raised there, too.
    const likely = async (strength: number) => {
      const steer = { type: "steer", site: "resid_post", layer, feature: index, strength } as const
      const { layers } = await facet.lens(text, {
        layers: [layer],
        topK: 20,
        interventions: strength === 0 ? [] : [steer],
      })
      return layers[0]?.next.at(-1)?.find(({ id }) => id === promoted[0]?.id)?.logprob ?? -Infinity
    }
    assert.isAbove(await likely(40), await likely(0))
  })
})

describe("the logit lens", () => {
  it("says at the last layer what the model says, and something else before", async () => {
    const lens = await facet.lens(text, { topK: 2 })
    const { tokens } = await facet.score(text, { alternatives: 2 })
    assert.lengthOf(lens.layers, 6)
    assert.deepStrictEqual(
      lens.tokens.map(({ id }) => id),
      tokens.map(({ id }) => id),
    )
    const last = lens.layers.at(-1)?.next ?? []
    for (const [i, { top = [] }] of tokens.slice(1).entries()) {
      for (const [rank, { id, logprob }] of top.entries()) {
        assert.strictEqual(last[i]?.[rank]?.id, id)
        assert.closeTo(last[i]?.[rank]?.logprob ?? NaN, logprob, 1e-3)
      }
    }
    assert.notDeepEqual(lens.layers[0]?.next, last)
  })
})
