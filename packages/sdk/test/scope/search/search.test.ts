import { assert, describe, it } from "vitest"
import { featuresByExample } from "../../../src/scope/search/featuresByExample.ts"
import { searchLabels } from "../../../src/scope/search/searchLabels.ts"
import { twoSided } from "../../../src/scope/search/twoSided.ts"
import { InvalidRequestError } from "../../../src/words/Errors.ts"
import type { Trace } from "../../../src/words/Trace.ts"

describe("searchLabels", () => {
  const labels = new Map([
    [3, "names of animals"],
    [7, "Animal"],
    [9, "verbs of motion"],
    [12, "animal names, in stories"],
  ])

  it("takes all words, whole ones first, the shorter labels first", () => {
    assert.deepStrictEqual(
      searchLabels(labels, "animal").map(({ index }) => index),
      [7, 12, 3],
    )
    assert.deepStrictEqual(searchLabels(labels, "NAMES animal", 1), [{ index: 12, label: "animal names, in stories" }])
    assert.deepStrictEqual(searchLabels(labels, "animal verbs"), [])
    assert.deepStrictEqual(searchLabels(labels, "  "), [])
  })
})

describe("twoSided", () => {
  // Source: scipy.stats.t.sf.
  it.each([
    [2, 10, 0.07338803477074045],
    [0.5, 3.7, 0.6457],
    [0, 5, 1],
  ])("is the chance of t = %d at %d degrees of freedom", (t, freedom, chance) => {
    assert.approximately(twoSided(t, freedom), chance, 1e-3)
    assert.approximately(twoSided(-t, freedom), chance, 1e-3)
  })
})

describe("featuresByExample", () => {
  const texts = (...all: ReadonlyArray<Readonly<Record<number, number>>>): ReadonlyArray<Pick<Trace, "tokens">> =>
    all.map((features) => ({
      tokens: [
        { token: "<bos>", id: 2, features: [] },
        ...Object.entries(features).map(([index, activation]) => ({
          token: "a",
          id: 3,
          features: [{ index: Number(index), activation, label: `feature ${index}` }],
        })),
      ],
    }))

  const on = texts({ 1: 5, 2: 3 }, { 1: 6, 2: 1 }, { 1: 7, 2: 2 }, { 1: 8.5, 2: 4 }, { 1: 6, 3: 5 })
  const off = texts({ 1: 1, 2: 3, 4: 9 }, { 2: 2, 4: 9 }, { 1: 2, 2: 1, 4: 8 }, { 1: 0.5, 2: 4, 4: 9 }, { 4: 9 })

  it("gives what is stronger on the first texts for certain: neither by chance, nor the other way round", () => {
    const hits = featuresByExample(on, off)
    assert.deepStrictEqual(
      hits.map(({ index }) => index),
      [1],
    )
    assert.deepInclude(hits[0], { label: "feature 1", on: 6.5, off: 0.7 })
    assert.isBelow(hits[0]?.pValue ?? 1, 0.01)
    assert.deepStrictEqual(
      featuresByExample(off, on).map(({ index }) => index),
      [4],
    )
  })

  it("corrects for the features that were looked at", () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [100 + i, 1]))
    const crowded = texts(many)[0]!
    const [plain] = featuresByExample(on, off, { level: 1, most: 1 })
    const [corrected] = featuresByExample(on, [...off, crowded], { level: 1, most: 1 })
    assert.isAbove(corrected?.pValue ?? 0, 10 * (plain?.pValue ?? 1))
  })

  it("is certain of what always and never fires, and asks for more than one text", () => {
    const [hit] = featuresByExample(texts({ 5: 1 }, { 5: 1 }), texts({}, {}))
    assert.deepInclude(hit, { index: 5, pValue: 0 })
    assert.throws(() => featuresByExample(texts({ 5: 1 }), off), InvalidRequestError, /two or more/)
    assert.throws(() => featuresByExample(off, off, { most: -1 }), InvalidRequestError, /most/)
    assert.throws(() => featuresByExample(off, off, { level: NaN }), InvalidRequestError, /level/)
  })
})
