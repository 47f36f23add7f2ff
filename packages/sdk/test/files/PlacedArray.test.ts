import { assert, describe, it } from "vitest"
import { type PlacedArray, readArray, readRun } from "../../src/files/PlacedArray.ts"
import { ScopeFileError } from "../../src/words/Errors.ts"
import { failureOf } from "../fixtures/failure.ts"
import { memoryFiles } from "../fixtures/memoryFiles.ts"

/** A million features of a 2B model: 9.7 GB, of a file of twice that. */
const wide: PlacedArray = {
  dtype: "F32",
  shape: [2304, 1_048_576],
  isColumnMajor: false,
  offset: 0,
  length: 4 * 2304 * 1_048_576,
}

describe("an array of a file that is larger than memory", () => {
  it("is read where it is wanted, by a run of its elements", async () => {
    const bytes = new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i).buffer)
    const files = memoryFiles({ "params.npz": bytes })
    const values = await readRun(files, "params.npz", wide, { first: 10, count: 3 })
    assert.deepStrictEqual([...values], [10, 11, 12])
    assert.strictEqual(files.read.bytes, 12)
  })

  it.each<[string, Partial<PlacedArray>, RegExp]>([
    [
      "compressed",
      { deflated: { length: 9e9, headerLength: 128, crc: 0 } },
      /compressed.*9\.7 GB.*numpy\.savez.*narrower/,
    ],
    ["wanted as a whole", {}, /9\.7 GB would have to be read at once.*narrower/],
  ])("is refused before anything is read where it is %s", async (_, changes, message) => {
    const files = memoryFiles({ "params.npz": new Uint8Array(8) })
    const error = await failureOf(readArray(files, "params.npz", { ...wide, ...changes }))
    assert.instanceOf(error, ScopeFileError)
    assert.match(error.message, message)
    assert.strictEqual(files.read.bytes, 0)
  })

  it("may hold f64, f32, f16 or bf16", async () => {
    const encoded: Readonly<Record<string, Uint8Array>> = {
      F64: new Uint8Array(Float64Array.of(1.5, -2).buffer),
      F32: new Uint8Array(Float32Array.of(1.5, -2).buffer),
      F16: new Uint8Array(Uint16Array.of(0x3e00, 0xc000).buffer),
      BF16: new Uint8Array(Uint16Array.of(0x3fc0, 0xc000).buffer),
    }
    for (const [dtype, bytes] of Object.entries(encoded)) {
      const array = { dtype, shape: [2], isColumnMajor: false, offset: 0, length: bytes.length }
      assert.deepStrictEqual([...(await readArray(memoryFiles({ a: bytes }), "a", array))], [1.5, -2], dtype)
    }
  })
})
