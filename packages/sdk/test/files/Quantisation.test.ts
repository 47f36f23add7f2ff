import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { InvalidRequestError } from "../../src/words/Errors.ts"
import type { Quantization } from "../../src/words/Tensors.ts"
import { toFloat32 } from "../../src/files/toFloat32.ts"
import { dequantiseMatrix, quantiseMatrix } from "../../src/files/Quantisation.ts"
import { seededUniform } from "../uniform.ts"
import { tries } from "../../../../test/campaign.ts"

const integer = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const randomMatrix = (size: number, seed: number): Float32Array => {
  const random = seededUniform(seed)
  return Float32Array.from({ length: size }, () => (random() + random() - 1) * 0.1)
}

/** The squared error of llama.cpp's Q4_0 on one block. */
const errorOfQ40 = (block: ReadonlyArray<number>): number => {
  const extreme = block.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
  const scale = Math.fround(extreme / -8)
  const level = (value: number) => (scale === 0 ? 0 : Math.min(7, Math.max(-8, Math.round(value / scale))))
  return block.reduce((sum, value) => sum + (value - scale * level(value)) ** 2, 0)
}

describe("Quantise", () => {
  it.prop(
    "weights come back within the bounds",
    { rows: integer(1, 5), columns: integer(1, 100), bits: Schema.Literals([4, 8]), seed: integer(0, 9999) },
    ({ bits, columns, rows, seed }) => {
      const quantization: Quantization = { bits, blockSize: 32 }
      const values = randomMatrix(rows * columns, seed)
      const quantised = quantiseMatrix(values, rows, columns, quantization)
      const blocks = Math.ceil(columns / 32)
      assert.strictEqual(quantised.scales.length, rows * blocks)
      assert.strictEqual(quantised.data.length, (rows * blocks * 32 * bits) / 8)
      const back = dequantiseMatrix(quantised, rows, columns, quantization)
      for (let at = 0; at < rows * blocks; at++) {
        const start = Math.floor(at / blocks) * columns + (at % blocks) * 32
        const length = Math.min(32, columns - (at % blocks) * 32)
        const block = [...values.subarray(start, start + length)]
        const errors = block.map((value, i) => Math.abs(value - back[start + i]!))
        if (bits === 8) assert.isAtMost(Math.max(...errors), Math.abs(quantised.scales[at]!) * 0.50001)
        else
          assert.isAtMost(
            errors.reduce((sum, error) => sum + error ** 2, 0),
            errorOfQ40(block) * (1 + 1e-5) + 1e-15,
          )
      }
    },
    { arbitrary: { runs: tries(50) } },
  )

  it("puts the low nibble first, and pads with the zero point", () => {
    const values = Float32Array.from({ length: 17 }, (_, i) => (i < 16 ? i - 8 : 0))
    const { data, scales } = quantiseMatrix(values, 1, 17, { bits: 4, blockSize: 16 })
    assert.deepStrictEqual([...data.subarray(0, 8)], [0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe])
    assert.deepStrictEqual(
      [...data.subarray(8)],
      Array.from({ length: 8 }, () => 0x88),
    )
    assert.deepStrictEqual([...scales], [1, 0])
    const eight = quantiseMatrix(Float32Array.of(-1.27, 1.27, 0, 0.01), 2, 2, { bits: 8, blockSize: 16 })
    assert.deepStrictEqual([...eight.data.subarray(0, 3)], [1, 255, 128])
    assert.deepStrictEqual([...eight.data.subarray(16, 19)], [128, 255, 128])
  })

  it("keeps what is on the grid exactly", () => {
    for (const scale of [1, -0.25, 3]) {
      const values = Float32Array.from({ length: 64 }, (_, i) => ((i % 16) - 8) * scale)
      const back = dequantiseMatrix(quantiseMatrix(values, 2, 32, { bits: 4, blockSize: 16 }), 2, 32, {
        bits: 4,
        blockSize: 16,
      })
      // Equal as numbers: a negative scale may turn 0 into -0.
      values.forEach((value, i) => assert.isTrue(back[i] === value))
    }
  })

  it("loses less of what counts where it is told what does", () => {
    const [rows, columns] = [64, 256]
    const random = seededUniform(3)
    const values = randomMatrix(rows * columns, 4)
    const importance = Float32Array.from({ length: columns }, () => Math.exp(3 * (random() - 0.5)))
    for (const blockSize of [32, 128]) {
      const quantization: Quantization = { bits: 4, blockSize }
      const lossOf = (counts?: Float32Array): number => {
        const back = dequantiseMatrix(
          quantiseMatrix(values, rows, columns, quantization, counts && { importance: counts }),
          rows,
          columns,
          quantization,
        )
        return back.reduce((sum, value, i) => sum + importance[i % columns]! * (value - values[i]!) ** 2, 0)
      }
      assert.isBelow(lossOf(importance), 0.98 * lossOf())
      // Nothing counts more than anything else.
      assert.closeTo(lossOf(new Float32Array(columns).fill(7)), lossOf(), 0.02 * lossOf())
    }
  })

  it("adds what is left of a column to those behind it", () => {
    // Two columns that are always read together: what counts is their sum.
    const [rows, columns, band] = [16, 32, 32]
    const shares = Float32Array.from({ length: columns * band }, (_, at) => {
      const [row, column] = [Math.floor(at / band), at % band]
      return row % 2 === 0 && column === row + 1 ? 1 : 0
    })
    const values = randomMatrix(rows * columns, 5)
    const quantization: Quantization = { bits: 4, blockSize: 32 }
    const importance = new Float32Array(columns).fill(1)
    const errorsOf = (feedback: boolean): ReadonlyArray<number> => {
      const measured = feedback ? { importance, feedback: { band, shares } } : { importance }
      const quantised = quantiseMatrix(values, rows, columns, quantization, measured)
      const errors = dequantiseMatrix(quantised, rows, columns, quantization).map((value, i) => value - values[i]!)
      return Array.from(
        errors.filter((_, i) => i % 2 === 0),
        (error, i) => (error + errors[2 * i + 1]!) ** 2,
      )
    }
    const sum = (all: ReadonlyArray<number>): number => all.reduce((a, b) => a + b, 0)
    assert.isBelow(sum(errorsOf(true)), 0.75 * sum(errorsOf(false)))
    for (const wrong of [
      { band: 48, shares: new Float32Array(columns * 48) },
      { band, shares: new Float32Array(columns * band - 1) },
    ]) {
      const quantise = () => quantiseMatrix(values, rows, columns, quantization, { importance, feedback: wrong })
      assert.throws(quantise, InvalidRequestError, "multiple of the block")
    }
  })

  it("refuses importance that is none", () => {
    const quantise = (importance: Float32Array) => () =>
      quantiseMatrix(new Float32Array(32).fill(1), 2, 16, { bits: 4, blockSize: 16 }, { importance })
    for (const wrong of [new Float32Array(15), new Float32Array(16), new Float32Array(16).fill(-1)]) {
      assert.throws(quantise(wrong), InvalidRequestError)
    }
    assert.throws(quantise(new Float32Array(16).fill(NaN)), InvalidRequestError)
  })

  it("refuses values that are not finite or too few", () => {
    const quantization: Quantization = { bits: 4, blockSize: 16 }
    assert.throws(() => quantiseMatrix(Float32Array.of(1, NaN), 1, 2, quantization), InvalidRequestError)
    assert.throws(() => quantiseMatrix(Float32Array.of(1), 1, 2, quantization), InvalidRequestError)
  })
})

describe("Floats", () => {
  it("reads f16 and bf16", () => {
    const bytes = (halves: Array<number>) => new Uint8Array(Uint16Array.from(halves).buffer)
    const half = [0x3c00, 0xc000, 0x3555, 0x0001, 0x8000, 0x7bff, 0x7c00]
    assert.deepStrictEqual([...toFloat32(bytes(half), "F16")], [1, -2, 0.333251953125, 2 ** -24, -0, 65504, Infinity])
    assert.deepStrictEqual([...toFloat32(bytes([0x3f80, 0xc049, 0x0001]), "BF16")], [1, -3.140625, 2 ** -133])
    const odd = new Uint8Array([0, ...bytes([0x3f80])]).subarray(1)
    assert.deepStrictEqual([...toFloat32(odd, "BF16")], [1])
  })
})
