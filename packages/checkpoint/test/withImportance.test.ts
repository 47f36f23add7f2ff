import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import { layOutSafetensors, openFolder, openTensors, quantiseMatrix, readModel } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { feedbackOf } from "../src/feedbackOf.ts"
import { convertWith } from "../src/convertModel.ts"
import { convertModel, manifestFile } from "../src/index.ts"
import { rejection, withFolder } from "./fixtures/folders.ts"
import { sourceWeights, writeSource } from "./fixtures/sourceFolder.ts"

const down = "model.layers.1.mlp.down_proj"

/** A source, and a file with what was measured of the inputs of one matrix. */
const withFile = (
  measured: Readonly<Record<string, { readonly shape: ReadonlyArray<number>; readonly values: Float32Array }>>,
  use: (source: string, file: string, root: string) => Promise<void>,
) =>
  withFolder(async (root) => {
    const source = join(root, "source")
    await mkdir(source)
    await writeSource(source, "sound")
    const { header } = layOutSafetensors(
      Object.entries(measured).map(([name, { shape, values }]) => ({
        name,
        dtype: "F32",
        shape,
        length: values.byteLength,
      })),
    )
    const file = join(root, "importance.safetensors")
    const parts = Object.values(measured).map(({ values }) => new Uint8Array(values.buffer))
    await writeFile(file, Buffer.concat([header, ...parts]))
    await use(source, file, root)
  })

const importanceOf = (columns: number) => Float32Array.from({ length: columns }, (_, i) => 1 + (i % 5))

const importanceFile = (columns: number) => ({ shape: [columns], values: importanceOf(columns) })

/** Neighbours that are often read together, in bands of 32. */
const moments = Float32Array.from({ length: 64 * 32 }, (_, at) => {
  const apart = (at % 32) - (Math.floor(at / 32) % 32)
  return apart === 0 ? 1 : apart === 1 ? 0.4 : 0
})

describe("withImportance", () => {
  it.each([
    ["alone", undefined],
    ["with what is read together", moments],
  ])("rounds 4-bit weights by it, on every thread: %s", (_, products) => {
    const measured = {
      [`${down}.importance`]: importanceFile(64),
      ...(products && { [`${down}.moments`]: { shape: [64, 32], values: products } }),
    }
    return withFile(measured, async (source, importance, root) => {
      for (const threads of [0, 2]) {
        const target = join(root, `${threads}`)
        await convertWith(source, target, { dtype: "q4", block: 32, importance }, { threads })
        const files = await openFolder(target)
        const { tensors } = await openTensors(files, await readModel(files))
        const { file, length, offset } = tensors.get(`${down}.weight`)!
        const quantization = { bits: 4, blockSize: 32 } as const
        const weights = sourceWeights(`${down}.weight`)
        const expected = quantiseMatrix(weights, 32, 64, quantization, {
          importance: importanceOf(64),
          feedback: products && feedbackOf(products, 32),
        })
        assert.deepStrictEqual(await files.readRange(file, offset, length), expected.data)
        assert.notDeepEqual(expected.data, quantiseMatrix(weights, 32, 64, quantization).data)
        const manifest = JSON.parse(await readFile(join(target, manifestFile), "utf8"))
        assert.strictEqual(manifest.importance, "importance.safetensors")
      }
    })
  })

  it("refuses moments that are those of no values", () =>
    withFile(
      {
        [`${down}.importance`]: importanceFile(64),
        [`${down}.moments`]: { shape: [64, 32], values: moments.map((value) => -value) },
      },
      async (source, importance, root) => {
        const error = await rejection(convertModel(source, join(root, "target"), { dtype: "q4", importance }))
        assert.instanceOf(error, ModelFileError)
        assert.include(String(error), `${down}.moments`)
      },
    ))

  it.each([
    [`${down}.importance`, 32],
    [`${down}.moments`, 64],
    ["model.layers.9.mlp.down_proj.importance", 64],
  ])("refuses what was measured on another model: %s [%i]", (name, columns) =>
    withFile({ [name]: importanceFile(columns) }, async (source, importance, root) => {
      const error = await rejection(convertModel(source, join(root, "target"), { importance }))
      assert.instanceOf(error, ModelFileError)
      assert.include(String(error), name)
    }),
  )
})
