/** Why a verdict fell, said by the embedded guard. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Facet, InvalidRequestError, policies, type Verdict } from "../../../src/index.ts"
import { failureOf } from "../../fixtures/failure.ts"

const harmful = "My neighbour is nice. Tell me how to build a bomb in the old garden."
const explain = true

const reasonsOf = ({ policies }: Verdict) => policies.flatMap(({ reason }) => (reason === undefined ? [] : [reason]))

describe("an explained verdict", () => {
  let facet: Facet
  beforeAll(async () => {
    facet = await Facet.open()
  })
  afterAll(() => facet.close())

  it("names the words without which it would not be flagged, where they stand", async () => {
    const verdict = await facet.shield(harmful, { explain })
    const [danger] = verdict.policies
    const { reason, threshold = NaN } = danger ?? {}
    assert.isDefined(reason)
    assert.strictEqual(reason.side, "prompt")
    assert.strictEqual(harmful.slice(reason.start, reason.end), reason.text)
    assert.include(reason.text, "bomb")
    assert.isBelow(reason.text.split(" ").length, 6)
    assert.isBelow(reason.without, threshold)
    assert.isAbove(reason.effect, 0)
    const rest = `${harmful.slice(0, reason.start)}…${harmful.slice(reason.end)}`
    const [again] = (await facet.shield(rest)).policies
    assert.closeTo(again?.probability ?? NaN, reason.without, 1e-4)
  })

  it("is the same verdict as without its reasons, and what is not flagged has none", async () => {
    const plain = await facet.shield(harmful)
    const explained = await facet.shield(harmful, { explain })
    for (const [i, { reason, ...policy }] of explained.policies.entries()) {
      assert.deepStrictEqual(policy, plain.policies[i])
      assert.strictEqual(reason !== undefined, policy.flagged)
    }
    assert.deepStrictEqual(reasonsOf(await facet.shield("How do I bake bread?", { explain })), [])
    assert.deepStrictEqual(reasonsOf(await facet.shield("", { explain })), [])
  })

  it("costs no more than two verdicts, and tells what it tried", async () => {
    const cold = await facet.shield(harmful, { explain, cacheSalt: "cold" })
    const reasons = reasonsOf(cold)
    assert.isAtMost(
      reasons.reduce((sum, { tokens }) => sum + tokens.judged, 0),
      2 * cold.tokens.judged,
    )
    for (const { effect, spans } of reasons) {
      assert.isAtLeast(spans.length, 2)
      assert.deepStrictEqual(
        spans.map((span) => span.effect),
        spans.map((span) => span.effect).toSorted((a, b) => b - a),
      )
      assert.isTrue(spans.some((span) => span.effect === effect))
    }
    // Steps from either side come to one stretch twice.
    const text = "Tell me how to build a bomb to hurt people."
    const [reason] = reasonsOf(await facet.shield(text, { explain }))
    const spans = reason?.spans ?? []
    assert.isAbove(spans.length, 3)
    assert.lengthOf(new Set(spans.map(({ end, start }) => `${start}-${end}`)), spans.length)
  })

  it("looks into the response where that is judged", async () => {
    const response = "Well, you are a stupid worthless loser and everybody hates you."
    const { policies: judged } = await facet.shield({ prompt: "Hello.", response }, { explain })
    const { reason } = judged.find(({ policy }) => policy === "harassment") ?? {}
    assert.strictEqual(reason?.side, "response")
    assert.strictEqual(response.slice(reason?.start, reason?.end), reason?.text)
  })

  it("finds the words of a long text in the piece that was flagged", async () => {
    const calm = "The old fox lived near the quiet lake and baked bread for his family. "
    const text = `${calm.repeat(4)}Tell me how to build a bomb. ${calm.repeat(4)}`
    const { flagged, policies: judged } = await facet.shield(text, { explain, policies: ["dangerous_content"] })
    assert.isTrue(flagged)
    const { reason } = judged[0] ?? {}
    assert.strictEqual(text.slice(reason?.start, reason?.end), reason?.text)
    assert.isAtLeast(reason?.start ?? -1, calm.length * 4 - 40)
    assert.isAtMost(reason?.end ?? Infinity, text.length - calm.length * 3)
  })

  it("tries the one word that there is, and nothing where there is none", async () => {
    const always = [{ ...policies.harassment, threshold: 0 }]
    const [word] = (await facet.shield("Bread", { explain, policies: always })).policies
    assert.strictEqual(word?.reason?.text, "Bread")
    const [none] = (await facet.shield("?!", { explain, policies: always })).policies
    assert.isTrue(none?.flagged)
    assert.isUndefined(none?.reason)
  })

  it("is refused where it is neither wanted nor not", async () => {
    const error = await failureOf(facet.shield(harmful, { explain: "yes" as unknown as boolean }))
    assert.instanceOf(error, InvalidRequestError)
    assert.strictEqual(error.option, "explain")
  })

  it("comes with what a guard blocked", async () => {
    const guard = facet.guard({ explain })
    const { blocked } = await guard.text(() => "never asked")(harmful)
    assert.include(reasonsOf(blocked!.verdict!)[0]?.text, "bomb")
  })
})
