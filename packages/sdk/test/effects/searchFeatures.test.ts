/** Features by their labels, in this process. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet, InvalidRequestError } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"

describe("searchFeatures", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  it("finds labels that have all words, in all autoencoders or in some", async () => {
    // Any label will do: those that an autoencoder has are its training's affair.
    const { layer, site, tokens } = await facet.inspect("The dog ran home and ate.")
    const { index, label = "" } = tokens.flatMap(({ features }) => features).find((feature) => feature.label)!
    const all = await facet.searchFeatures(label.toUpperCase(), { topK: 1000 })
    assert.deepInclude(all, { site, layer, index, label })
    for (const found of all) {
      for (const word of label.toLowerCase().split(/\s+/)) assert.include(found.label.toLowerCase(), word)
    }
    const here = await facet.searchFeatures(label, { layer, site, topK: 1000 })
    assert.deepStrictEqual(
      here,
      all.filter((found) => found.layer === layer && found.site === site),
    )
    assert.deepStrictEqual(await facet.searchFeatures(label, { topK: 1 }), all.slice(0, 1))
    assert.deepStrictEqual(await facet.searchFeatures("no label says zyzzyva"), [])
  })

  it.each<[string, string, object]>([
    ["query", " ", {}],
    ["query", "\ud800", {}],
    ["topK", "dog", { topK: 0 }],
    ["layer", "dog", { layer: 99 }],
    ["site", "dog", { site: "nowhere" }],
    ["most", "dog", { most: 3 }],
  ])("refuses a wrong %s", async (option, query, options) => {
    const error = await failureOf(facet.searchFeatures(query, options))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })
})
