/** gemma.cpp's floats of a byte, and its groups of 16 centres. */
import { assert, describe, it } from "vitest"
import { decodeSbs, sbsBytes, sbsRange } from "../../src/sbs/decodeSbs.ts"

const decoded = (...bytes: ReadonlyArray<number>) => [...decodeSbs(Uint8Array.from(bytes), "SFP", 0, bytes.length)]

describe("SFP", () => {
  it("reaches from 1.25 * 2^-23 to 1.875, and is zero at zero", () => {
    assert.deepStrictEqual(decoded(0, 1, 127), [0, 1.25 * 2 ** -23, 1.875])
  })

  it("has two bits of mantissa below 2^-7, and three from there on", () => {
    assert.deepStrictEqual(decoded(60, 61, 62, 63, 64, 65), [
      2 ** -8,
      1.25 * 2 ** -8,
      1.5 * 2 ** -8,
      1.75 * 2 ** -8,
      2 ** -7,
      1.125 * 2 ** -7,
    ])
    assert.deepStrictEqual(decoded(112, 120), [0.5, 1])
  })

  it("has the sign in the highest bit, and grows with its other bits", () => {
    const all = decoded(...Array.from({ length: 128 }, (_, byte) => byte))
    assert.deepStrictEqual(
      all,
      all.toSorted((a, b) => a - b),
    )
    assert.deepStrictEqual(decoded(248), [-1])
  })
})

describe("NUQ", () => {
  // Two groups, the second of them cut: 16 centres and 128 bytes of halves, 16 centres and 3.
  const bytes = new Uint8Array(sbsBytes("NUQ", 261))
  bytes.fill(120, 0, 16).set([112, 60], 1)
  bytes.fill(0x21, 16, 144)
  bytes.fill(127, 144, 160)
  bytes.fill(0x0f, 160)

  it("takes its 16 centres of SFP for each 256 values, the low half of a byte first", () => {
    assert.strictEqual(bytes.length, 144 + 16 + 3)
    const values = decodeSbs(bytes, "NUQ", 0, 261)
    assert.deepStrictEqual([...values.subarray(0, 4)], [0.5, 2 ** -8, 0.5, 2 ** -8])
    assert.deepStrictEqual([...values.subarray(256)], [1.875, 1.875, 1.875, 1.875, 1.875])
  })

  it("reads any stretch by the groups that it lies in", () => {
    const whole = decodeSbs(bytes, "NUQ", 0, 261)
    for (const [first, count] of [
      [0, 1],
      [3, 200],
      [255, 2],
      [256, 5],
      [259, 2],
    ] as const) {
      const [offset, length] = sbsRange("NUQ", first, count, 261)
      const part = decodeSbs(bytes.subarray(offset, offset + length), "NUQ", first, count)
      assert.deepStrictEqual(part, whole.slice(first, first + count))
    }
  })
})
