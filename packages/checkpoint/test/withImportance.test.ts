import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { ModelFileError } from "@facet/sdk/words"
import { layOutSafetensors, openFolder, openTensors, quantiseMatrix, readModel } from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { convertWith } from "../src/convertModel.ts"
import { convertModel, manifestFile } from "../src/index.ts"
import { rejection, withFolder } from "./fixtures/folders.ts"
import { sourceWeights, writeSource } from "./fixtures/sourceFolder.ts"

const down = "model.layers.1.mlp.down_proj"

/** A source, and a file that says how much the inputs of one matrix count. */
const withFile = (name: string, columns: number, use: (source: string, file: string, root: string) => Promise<void>) =>
  withFolder(async (root) => {
    const source = join(root, "source")
    await mkdir(source)
    await writeSource(source, "sound")
    const values = importanceOf(columns)
    const { header } = layOutSafetensors([{ name, dtype: "F32", shape: [columns], length: values.byteLength }])
    const file = join(root, "importance.safetensors")
    await writeFile(file, Buffer.concat([header, new Uint8Array(values.buffer)]))
    await use(source, file, root)
  })

const importanceOf = (columns: number) => Float32Array.from({ length: columns }, (_, i) => 1 + (i % 5))

describe("withImportance", () => {
  it("rounds 4-bit weights by it, on every thread", () =>
    withFile(`${down}.importance`, 64, async (source, importance, root) => {
      for (const threads of [0, 2]) {
        const target = join(root, `${threads}`)
        await convertWith(source, target, { dtype: "q4", block: 32, importance }, { threads })
        const files = await openFolder(target)
        const { tensors } = await openTensors(files, await readModel(files))
        const { file, length, offset } = tensors.get(`${down}.weight`)!
        const quantization = { bits: 4, blockSize: 32 } as const
        const weights = sourceWeights(`${down}.weight`)
        const expected = quantiseMatrix(weights, 32, 64, quantization, { importance: importanceOf(64) })
        assert.deepStrictEqual(await files.readRange(file, offset, length), expected.data)
        assert.notDeepEqual(expected.data, quantiseMatrix(weights, 32, 64, quantization).data)
        const manifest = JSON.parse(await readFile(join(target, manifestFile), "utf8"))
        assert.strictEqual(manifest.importance, "importance.safetensors")
      }
    }))

  it.each([
    [`${down}.importance`, 32],
    ["model.layers.9.mlp.down_proj.importance", 64],
  ])("refuses what was measured on another model: %s [%i]", (name, columns) =>
    withFile(name, columns, async (source, importance, root) => {
      const error = await rejection(convertModel(source, join(root, "target"), { importance }))
      assert.instanceOf(error, ModelFileError)
      assert.include(String(error), name)
    }),
  )
})
