import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import { overlappingPieces } from "../../src/words/overlappingPieces.ts"
import { tries } from "../../../../test/campaign.ts"

const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("Pieces", () => {
  it.prop(
    "cover every token in windows that overlap",
    { length: integer(0, 400), window: integer(1, 60), share: integer(0, 100) },
    ({ length, share, window }) => {
      const overlap = Math.floor((share * (window - 1)) / 100)
      const pieces = overlappingPieces(length, window, overlap)
      assert.strictEqual(pieces.at(0)?.start ?? 0, 0)
      assert.strictEqual(pieces.at(-1)?.end ?? 0, length)
      pieces.forEach(({ end, start }, i) => {
        assert.strictEqual(end - start, Math.min(window, length))
        const previous = pieces[i - 1]
        if (previous === undefined) return
        assert.isAbove(start, previous.start)
        const shared = previous.end - start
        if (i < pieces.length - 1) assert.strictEqual(shared, overlap)
        else assert.isAtLeast(shared, overlap)
      })
    },
    { arbitrary: { runs: tries(200) } },
  )

  it("refuses numbers out of range", () => {
    for (const [length, window, overlap] of [
      [-1, 4, 1],
      [NaN, 4, 1],
      [9, 0, 0],
      [9, 4, 4],
      [9, 4, -1],
      [9, 4, 0.5],
    ]) {
      assert.throws(() => overlappingPieces(length!, window!, overlap!), InvalidRequestError)
    }
  })
})
