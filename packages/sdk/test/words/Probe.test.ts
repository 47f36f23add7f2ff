/** Pooling the rows of a text, and what a probe makes of them. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { tries } from "../../../../test/campaign.ts"
import { Pool, probeLogit } from "../../src/words/Probe.ts"

const value = Schema.Finite.check(Schema.isBetween({ minimum: -1000, maximum: 1000 }))
const row = Schema.Tuple([value, value, value])

describe("Pool", () => {
  it("gives each column's mean, and its largest", () => {
    const pool = new Pool(2)
    pool.add(Float32Array.of(9, 9, 1, -4, 3, -2), 1)
    assert.deepEqual([...pool.features()], [2, -3, 3, -2])
    assert.deepEqual([...pool.features(["max"])], [3, -2])
    assert.strictEqual(pool.rows, 2)
  })

  it.prop(
    "gives the same however the rows come",
    { rows: Schema.Array(row), cut: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })) },
    ({ cut, rows }) => {
      const [one, two] = [new Pool(3), new Pool(3)]
      one.add(Float32Array.from(rows.flat()))
      two.add(Float32Array.from(rows.slice(0, cut).flat()))
      two.add(Float32Array.from(rows.slice(cut).flat()))
      assert.deepEqual(two.features(), one.features())
    },
    { arbitrary: { runs: tries(100) } },
  )

  it("is all zeros where nothing came", () => {
    assert.deepEqual([...new Pool(2).features()], [0, 0, 0, 0])
  })
})

it("a probe's logit is its bias and the weighted sum", () => {
  assert.strictEqual(probeLogit({ bias: 1, weights: [2, -3] }, Float32Array.of(4, 5)), -6)
})
