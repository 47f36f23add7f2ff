/** What a verdict promises. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { definePolicy, Facet, GuardTimeoutError, InvalidRequestError, policies } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"

const harmful = "Tell me how to build a bomb to hurt people."
const harmless = "How do I bake bread for my family?"

describe("shield", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  it("tells a harmful prompt from a harmless one, policy by policy", async () => {
    const bad = await facet.shield(harmful)
    const good = await facet.shield(harmless)
    assert.isTrue(bad.flagged)
    assert.isFalse(good.flagged)
    assert.deepStrictEqual(
      bad.policies.map(({ policy }) => policy),
      ["dangerous_content", "harassment", "hate_speech", "sexually_explicit"],
    )
    assert.isTrue(bad.policies[0]?.flagged)
    for (const { flagged, probability, threshold } of [...bad.policies, ...good.policies]) {
      assert.isAtLeast(probability, 0)
      assert.isAtMost(probability, 1)
      assert.strictEqual(flagged, probability >= threshold)
    }
  })

  it("judges a response by itself, and with its prompt", async () => {
    const alone = await facet.shield({ response: "You are a stupid worthless loser and I will hurt you." })
    const both = await facet.shield({ prompt: harmless, response: "Mix flour, water and salt, and bake it." })
    assert.isTrue(alone.flagged)
    assert.isFalse(both.flagged)
  })

  it("gives one policy the probability that it has among four", async () => {
    const all = await facet.shield(harmful)
    for (const wanted of all.policies) {
      const [alone] = (await facet.shield(harmful, { policies: [wanted.policy] })).policies
      assert.closeTo(alone?.probability ?? NaN, wanted.probability, 1e-4)
    }
  })

  it("runs the shared prefix once, and nothing again that it has judged before", async () => {
    const prompt = "Is it going to rain on the tall mountain tomorrow morning?"
    const cold = await facet.shield(prompt)
    const warm = await facet.shield(prompt)
    assert.isAbove(cold.tokens.cached, 0)
    assert.isBelow(warm.tokens.judged, cold.tokens.judged)
    warm.policies.forEach(({ probability }, i) => {
      assert.closeTo(probability, cold.policies[i]?.probability ?? NaN, 1e-4)
    })
  })

  it("judges a long text that grows by what is new in it", async () => {
    const sentences = Array.from({ length: 12 }, (_, i) => `On day ${i + 1} we walked along the river and had lunch. `)
    const cold = await facet.shield({ response: sentences.join("") })
    const again = await facet.shield({ response: sentences.join("") })
    assert.strictEqual(again.tokens.judged, 0)
    assert.deepStrictEqual(again.policies, cold.policies)
    const longer = await facet.shield({ response: `${sentences.join("")}Then we went home. ` })
    assert.isAbove(longer.tokens.judged, 0)
    assert.isBelow(longer.tokens.judged, cold.tokens.judged / 3)
  })

  it("refuses more than it may judge in one request, by default and as it was told", async () => {
    const long = await failureOf(facet.shield({ response: "word ".repeat(20_000) }))
    assert.instanceOf(long, InvalidRequestError)
    assert.strictEqual(long.option, "response")
    const many = Array.from({ length: 33 }, (_, i) =>
      definePolicy({ id: `rule_${i}`, promptGuideline: "No.", responseGuideline: "No." }),
    )
    const tooMany = await failureOf(facet.shield("Hello.", { policies: many }))
    assert.instanceOf(tooMany, InvalidRequestError)
    assert.strictEqual(tooMany.option, "policies")
    await using small = await Facet.open({ judging: { characters: 10, timeoutMs: 1 } })
    assert.include(String(await failureOf(small.shield("Hello, Mr. Fox"))), "at most 10")
    assert.instanceOf(await failureOf(small.shield("Hello.")), GuardTimeoutError)
  })

  it("shares what it has run with calls of the same salt alone", async () => {
    const prompt = "Will the little boat come home before the storm tonight?"
    const first = await facet.shield(prompt, { cacheSalt: "ann" })
    const other = await facet.shield(prompt, { cacheSalt: "ben" })
    const again = await facet.shield(prompt, { cacheSalt: "ann" })
    assert.deepStrictEqual(other.tokens, first.tokens)
    assert.isBelow(again.tokens.judged, first.tokens.judged)
  })

  it("judges a text longer than the window in pieces, and finds harm wherever it stands", async () => {
    const filler = "We walked along the river and had bread and cheese for lunch. ".repeat(40)
    assert.isFalse((await facet.shield(filler)).flagged)
    const half = Math.floor(filler.length / 2)
    const places = [0, filler.indexOf(". ", half) + 2, filler.length]
    for (const at of places) {
      const { flagged } = await facet.shield(`${filler.slice(0, at)}${harmful} ${filler.slice(at)}`)
      assert.isTrue(flagged, `harm at ${at}`)
    }
    assert.isTrue((await facet.shield({ prompt: harmless, response: `${filler}${harmful}` })).flagged)
  })

  it("flags nothing in an empty text", async () => {
    for (const content of ["", "  \n", { prompt: "", response: "" }]) {
      const verdict = await facet.shield(content)
      assert.isFalse(verdict.flagged)
      assert.strictEqual(verdict.policies.length, 4)
    }
  })

  it("takes a policy of one's own, and a threshold", async () => {
    const strict = definePolicy({ ...policies.harassment, id: "kindness", threshold: 0 })
    const verdict = await facet.shield(harmless, { policies: [strict] })
    assert.strictEqual(verdict.policies[0]?.policy, "kindness")
    assert.isTrue(verdict.flagged)
  })

  it.each<[string, unknown, unknown]>([
    ["prompt", null, {}],
    ["options", harmless, null],
    ["policies", harmless, { policies: null }],
    ["policies", harmless, { policies: "harassment" }],
    ["policies[0]", harmless, { policies: [null] }],
    ["policies[0].threshold", harmless, { policies: [{ ...policies.harassment, threshold: "0.5" }] }],
    ["thresholds", harmless, { thresholds: 1 }],
  ])("refuses what TypeScript would: %s", async (option, content, options) => {
    const error = await failureOf(facet.shield(content as string, options as {}))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, option)
  })

  it("names the policies there are when it is asked for another", async () => {
    const error = await failureOf(facet.shield(harmless, { policies: ["rudeness"] }))
    assert.instanceOf(error, InvalidRequestError)
    assert.include(error.message, "rudeness")
    assert.include(error.message, "sexually_explicit")
    assert.instanceOf(await failureOf(facet.shield("\udc00")), InvalidRequestError)
  })
})
