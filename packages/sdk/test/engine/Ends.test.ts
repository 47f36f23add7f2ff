/** Which tokens end a text, and when they may. */
import { assert, describe, it } from "@effect/vitest"
import { Ends } from "../../src/engine/Ends.ts"
import { argmax } from "../../src/engine/Logprobs.ts"

const own = new Set([1, 3])
const row = () => Float32Array.of(0, 5, 1, 4, 3)

describe("the ends of a text", () => {
  it("are the model's own, and those that were asked for", () => {
    const ends = new Ends(own, { stopTokens: [4] })
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4].filter((id) => ends.has(id)),
      [1, 3, 4],
    )
    assert.isFalse(new Ends(own, {}).has(4))
    assert.isFalse(own.has(4))
  })

  it("are out of reach until so many tokens were chosen, and the row is left as it was", () => {
    const ends = new Ends(own, { minTokens: 2, stopTokens: [4] })
    const logits = row()
    assert.deepStrictEqual(
      [0, 1, 2].map((chosen) => ends.kept(logits, chosen, () => argmax(logits))),
      [2, 2, 1],
    )
    assert.deepStrictEqual(logits, row())
  })

  it("leave the row as it was when choosing fails, and an id beyond it alone", () => {
    const logits = row()
    const fail = () => {
      throw new Error("no")
    }
    assert.throws(() => new Ends(own, { minTokens: 1, stopTokens: [99] }).kept(logits, 0, fail), "no")
    assert.deepStrictEqual(logits, row())
  })
})
