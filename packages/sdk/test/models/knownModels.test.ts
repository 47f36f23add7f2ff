import { assert, describe, it } from "vitest"
import { knownModel, knownModels } from "../../src/models/knownModels.ts"

describe("known models", () => {
  // The Gemma 2 report's table, model cards, and the sizes of the files on the Hub.
  it.each([
    ["google/gemma-2-2b-it", 2_614_341_888, 26],
    ["google/gemma-2-9b", 9_241_705_984, 42],
    ["google/shieldgemma-27b", 27_227_128_320, 46],
    ["google/gemma-3-270m", 268_098_176, 18],
    ["google/gemma-3-1b-it", 999_885_952, 26],
  ])("%s has %i parameters", (id, parameters) => {
    const model = knownModel(id)
    assert.strictEqual(model?.parameters, parameters)
    assert.strictEqual(model?.downloadBytes, parameters * 2)
  })

  it("need what their tables say at each precision", () => {
    const { bytesPerToken, needs } = knownModel("google/gemma-2-2b-it")!
    // 4 bits a weight, 8 in the embedding, and an f32 scale for 32 of them; norms apart.
    const embedding = 256_000 * 2304
    assert.closeTo(needs.q4.disk - 0.5 * embedding, 0.625 * 2_614_341_888, 2e6)
    assert.closeTo(needs.q8.disk / 2_614_341_888, 1.125, 0.001)
    // Of each of 26 layers, keys, values and the MLP's last matrix.
    const sensitive = 26 * (2 * 1024 * 2304 + 9216 * 2304)
    assert.strictEqual(needs["q4-mixed"].disk - needs.q4.disk, 0.5 * sensitive)
    assert.strictEqual(needs.f16.memory, needs.f32.memory)
    assert.strictEqual(needs.q4.memory, needs.q4.disk)
    // Twice what 16-bit keys and values take.
    assert.strictEqual(bytesPerToken, 2 * 106_496)
  })

  it("are each listed once", () => {
    const ids = knownModels().map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.isAtLeast(ids.length, 13)
  })
})
