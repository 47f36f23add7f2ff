import { toFloat32 } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { toFloat16 } from "../src/toFloat16.ts"

const halfValues = (halves: Uint16Array) => toFloat32(new Uint8Array(halves.buffer), "F16")
const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)

describe("toFloat16", () => {
  it("gives every binary16 back", () => {
    const back = toFloat16(halfValues(all))
    back.forEach((half, i) => {
      const isNaN = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0
      if (isNaN) assert.isNaN(halfValues(Uint16Array.of(half))[0])
      else assert.strictEqual(half, i)
    })
  })

  it("rounds to the nearest, ties to even", () => {
    // Between each two neighbours: the middle, and a little to both sides of it.
    const values = halfValues(all.slice(0, 0x7c00))
    for (let i = 0; i + 1 < values.length; i++) {
      const middle = (values[i]! + values[i + 1]!) / 2
      const near = Float32Array.of(middle * (1 - 2 ** -20), middle, middle * (1 + 2 ** -20))
      assert.deepStrictEqual([...toFloat16(near)], [i, i + (i & 1), i + 1])
    }
  })

  it("is infinite beyond what binary16 holds", () => {
    assert.deepStrictEqual([...toFloat16(Float32Array.of(65_519, 65_520, -1e9, 1e-9))], [0x7bff, 0x7c00, 0xfc00, 0])
  })
})
