import { readFile } from "node:fs/promises"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { dequantise } from "../../../src/files/gguf/dequantise.ts"
import { ggufBlock, ggufEncodings } from "../../../src/files/gguf/GgufEncoding.ts"
import { packedLayout, repackBlocks } from "../../../src/files/gguf/repackBlocks.ts"
import { dequantiseMatrix } from "../../../src/files/Quantisation.ts"
import { parseTensors } from "../../fixtures/goldenFiles.ts"

const file = new URL("../../goldens/gguf-blocks.safetensors", import.meta.url)

describe("the blocks of GGUF files", () => {
  /** Random blocks of each type, and the weights that llama.cpp's own Python package finds in them. */
  let goldens: ReturnType<typeof parseTensors>
  beforeAll(async () => {
    goldens = parseTensors(new Uint8Array(await readFile(file)))
  })
  const bytesOf = (encoding: string): Uint8Array => {
    const { buffer, byteLength, byteOffset } = goldens.get(`${encoding}.bytes`)!
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  it.each(ggufEncodings)("of %s stand for the weights that llama.cpp's package gives, bit for bit", (encoding) => {
    const wanted = goldens.get(`${encoding}.weights`)!
    const weights = dequantise(bytesOf(encoding), encoding)
    assert.strictEqual(
      weights.length,
      (bytesOf(encoding).length / ggufBlock(encoding).bytes) * ggufBlock(encoding).weights,
    )
    assert.deepStrictEqual(bits(weights), bits(wanted))
  })

  it.each(["Q4_0", "Q8_0"] as const)("of %s become our own layout without loss", (encoding) => {
    const layout = packedLayout(encoding)!
    const weights = goldens.get(`${encoding}.weights`)!
    const matrix = repackBlocks(bytesOf(encoding), encoding)
    // Compared as numbers: a scale of nought times a level gives either of the two.
    assert.deepStrictEqual(
      [...dequantiseMatrix(matrix, 2, weights.length / 2, layout)].map((weight) => weight + 0),
      [...weights].map((weight) => weight + 0),
    )
  })

  it.each(ggufEncodings.filter((encoding) => encoding !== "Q4_0" && encoding !== "Q8_0"))(
    "of %s are not a layout of ours",
    (encoding) => {
      assert.isUndefined(packedLayout(encoding))
    },
  )
})

const bits = ({ buffer, byteOffset, length }: Float32Array | Int32Array): ReadonlyArray<number> => [
  ...new Uint32Array(buffer, byteOffset, length),
]
