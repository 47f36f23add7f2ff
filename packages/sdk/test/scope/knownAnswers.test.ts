/**
 * Neuronpedia's own answers for Gemma 2 2B, for whoever has the weights: `FACET_KNOWN_ANSWERS=1` runs it, with the model and its
 * autoencoders in Hugging Face's cache, or fetched into it (5 GB and 0.3 GB each).
 *
 * Source: Neuronpedia's tests and demo. Theirs are computed in bf16, hence the tolerance.
 */
import { assert, describe, it } from "vitest"
import { Facet } from "../../src/index.ts"

interface Known {
  readonly scope: string
  readonly text: string
  readonly feature: number
  /** Tokens, and the feature's activation at their last occurrence. */
  readonly at: Readonly<Record<string, number>>
  /** Whether it is silent everywhere else. */
  readonly isAlone?: true
}

const residual = "gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical"
const transcoder = "gemma-scope-2b-pt-transcoders/layer_19/width_16k/average_l0_12"
const couch = "My dog is sleeping on the couch."

const known: ReadonlyArray<Known> = [
  { scope: residual, text: couch, feature: 12_082, at: { " dog": 87, " is": 69.5 } },
  {
    scope: residual,
    text: " and roundish. The elephant is the",
    feature: 8837,
    at: { " elephant": 86.601, " is": 26.422, " the": 17.989 },
    isAlone: true,
  },
  { scope: transcoder, text: couch, feature: 4607, at: { " dog": 32 }, isAlone: true },
  { scope: transcoder, text: "The dog barked at the mailman.", feature: 4607, at: { " dog": 66.5 } },
  { scope: transcoder, text: "The puppy chased its tail.", feature: 4607, at: { " puppy": 22.75 } },
]

const tolerance = 0.06

describe.skipIf(process.env["FACET_KNOWN_ANSWERS"] !== "1")("Gemma Scope on Gemma 2 2B", () => {
  it.each(known)("has feature $feature where Neuronpedia has it: $text", { timeout: 1_800_000 }, async (one) => {
    await using facet = await Facet.open({ model: "google/gemma-2-2b", scope: one.scope, precision: "as-published" })
    const { tokens } = await facet.inspect(one.text, { topK: Number.MAX_SAFE_INTEGER })
    const found = tokens.map(({ features, token }) => ({
      token,
      activation: features.find(({ index }) => index === one.feature)?.activation ?? 0,
    }))
    for (const [token, value] of Object.entries(one.at)) {
      const last = found.findLast((other) => other.token === token)
      assert.approximately(last?.activation ?? NaN, value, tolerance * value, token)
    }
    if (one.isAlone !== true) return
    const others = found.filter(({ activation, token }) => activation > 0 && !Object.hasOwn(one.at, token))
    assert.deepStrictEqual(others, [])
  })

  it("has as many features at the last token as others counted", { timeout: 1_800_000 }, async () => {
    await using facet = await Facet.open({ model: "google/gemma-2-2b", scope: residual, precision: "as-published" })
    for (const [text, count] of [
      ["The capital of France is", 87],
      ["The Golden Gate Bridge is a famous landmark in", 52],
    ] as const) {
      const { tokens } = await facet.inspect(text, { topK: Number.MAX_SAFE_INTEGER })
      assert.approximately(tokens.at(-1)?.features.length ?? 0, count, 4)
    }
  })
})
