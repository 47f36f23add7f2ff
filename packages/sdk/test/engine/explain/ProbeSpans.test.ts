import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ProbeSpans } from "../../../src/engine/explain/ProbeSpans.ts"
import { Pool, type Pooling, type Probe, probeLogit } from "../../../src/words/Probe.ts"

const width = 3
const Value = Schema.Int.check(Schema.isBetween({ minimum: -8, maximum: 8 }))
const Rows = Schema.Array(Schema.Array(Value).check(Schema.isMinLength(width), Schema.isMaxLength(width))).check(
  Schema.isMinLength(1),
  Schema.isMaxLength(12),
)
const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const poolings: ReadonlyArray<ReadonlyArray<Pooling>> = [["mean"], ["max"], ["mean", "max"], ["max", "mean"]]

describe("what a probe makes of a text without some tokens", () => {
  it.prop(
    "is what it makes of the other tokens' pools",
    { rows: Rows, weights: Schema.Array(Value).check(Schema.isMinLength(2 * width)), a: Share, b: Share },
    ({ a, b, rows, weights }) => {
      const [from = 0, to = 0] = [a, b].map((share) => Math.round(share * rows.length)).toSorted((x, y) => x - y)
      for (const pooling of poolings) {
        const probe: Probe = {
          of: "guard",
          model: "any",
          site: "resid_post",
          layer: 0,
          pooling,
          weights: weights.slice(0, pooling.length * width),
          bias: 0.5,
        }
        const pool = new Pool(width)
        for (const [i, row] of rows.entries()) if (i < from || i >= to) pool.add(Float32Array.from(row))
        const expected = pool.rows === 0 ? probe.bias : probeLogit(probe, pool.features(pooling))
        const found = new ProbeSpans(probe, Float32Array.from(rows.flat())).logitWithout(from, to)
        assert.closeTo(found, expected, 1e-4 * (1 + Math.abs(expected)))
      }
    },
  )
})
