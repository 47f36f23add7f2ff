import { dequantiseMatrix, type ErrorFeedback, quantiseMatrix } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { feedbackOf } from "../src/feedbackOf.ts"
import { randomMatrix } from "./fixtures/sourceFolder.ts"

/** What a layer reads: every value is a mix of a few. */
function correlated(tokens: number, columns: number, causes: number): Float32Array {
  const [seen, mix] = [randomMatrix(tokens * causes, 1), randomMatrix(causes * columns, 2)]
  const noise = randomMatrix(tokens * columns, 3)
  return noise.map((value, at) => {
    const [token, column] = [Math.floor(at / columns), at % columns]
    let sum = value * 0.02
    for (let cause = 0; cause < causes; cause++) sum += seen[token * causes + cause]! * mix[cause * columns + column]!
    return sum
  })
}

/** As `bench:importance` writes them. */
function momentsOf(inputs: Float32Array, columns: number, band: number): Float32Array {
  const moments = new Float32Array(columns * band)
  for (let at = 0; at < inputs.length; at += columns) {
    for (let k = 0; k < columns; k++) {
      const start = k - (k % band)
      for (let j = k; j < Math.min(start + band, columns); j++)
        moments[k * band + j - start]! += inputs[at + k]! * inputs[at + j]!
    }
  }
  return moments
}

const [rows, columns, tokens] = [48, 160, 400]
const inputs = correlated(tokens, columns, 24)
const weights = randomMatrix(rows * columns, 4)
const importance = Float32Array.from({ length: columns }, (_, column) => {
  let sum = 0
  for (let at = column; at < inputs.length; at += columns) sum += inputs[at]! ** 2
  return sum
})

/** The squared error of what a layer gives for those inputs. */
function outputError(feedback: ErrorFeedback | undefined): number {
  const quantization = { bits: 4, blockSize: 32 } as const
  const quantised = quantiseMatrix(weights, rows, columns, quantization, { importance, feedback })
  const errors = dequantiseMatrix(quantised, rows, columns, quantization).map((value, i) => value - weights[i]!)
  let total = 0
  for (let row = 0; row < rows; row++) {
    for (let at = 0; at < inputs.length; at += columns) {
      let sum = 0
      for (let i = 0; i < columns; i++) sum += errors[row * columns + i]! * inputs[at + i]!
      total += sum * sum
    }
  }
  return total
}

describe("feedbackOf", () => {
  it("makes what a layer gives better, the more so the wider its bands", () => {
    const without = outputError(undefined)
    const [narrow, half, whole] = [32, 64, 160].map((band) =>
      outputError(feedbackOf(momentsOf(inputs, columns, band), band)),
    )
    assert.isBelow(narrow!, 0.8 * without)
    assert.isBelow(half!, narrow!)
    assert.isBelow(whole!, half!)
  })

  it("shares a column's error among those behind it as least squares would", () => {
    // Column 1 reads twice what column 0 does, and no other: but for the damping, half the error is made up for there.
    const feedback = feedbackOf(Float32Array.of(1, 2, 0, /**/ 0, 4, 0, /**/ 0, 0, 1), 3)
    const damping = 0.01 * 2
    assert.closeTo(feedback!.shares[1]!, 2 / (4 + damping), 1e-6)
    assert.closeTo(feedback!.shares[2]!, 0, 1e-6)
    assert.strictEqual(feedback!.band, 3)
  })

  it("hands nothing on between columns in which nothing was read", () => {
    const { shares } = feedbackOf(new Float32Array(64 * 32), 32)!
    for (let k = 0; k < 64; k++) for (let j = (k % 32) + 1; j < 32; j++) assert.isTrue(shares[k * 32 + j]! === 0)
  })

  it("is nothing where the moments are those of no values", () => {
    assert.isUndefined(feedbackOf(Float32Array.of(1, 9, 0, 1), 2))
    assert.isUndefined(feedbackOf(Float32Array.of(NaN, 0, 0, 1), 2))
  })
})
