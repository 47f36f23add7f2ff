/** A merged adapter is what peft's `merge_and_unload()` makes of it: `goldens/lora/make.py` wrote both. */
import { cp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { ModelFileError } from "@facet/sdk/words"
import {
  layOutSafetensors,
  openFolder,
  openSafetensorsFile,
  openTensors,
  readModel,
  toFloat32,
} from "@facet/sdk/folders"
import { assert, describe, it } from "vitest"
import { convertWith } from "../../src/convertModel.ts"
import { convertModel, manifestFile } from "../../src/index.ts"
import { rejection, withFolder } from "../fixtures/folders.ts"

const golden = (path: string): string => fileURLToPath(new URL(`../goldens/lora/${path}`, import.meta.url))

/** All tensors of a file, by name. */
const valuesOf = async (folder: string, file: string): Promise<ReadonlyMap<string, Float32Array>> => {
  const files = await openFolder(folder)
  const entries = [...(await openSafetensorsFile(files, file))].map(
    async ([name, { length, offset }]) =>
      [name, toFloat32(await files.readRange(file, offset, length), "F32")] as const,
  )
  return new Map(await Promise.all(entries))
}

describe("mergeAdapter", () => {
  it.each([
    ["patterns", "ranks and alphas of their own"],
    ["stabilised", "rank-stabilised, of the embedding and the head, too"],
    ["saved", "a norm and a head that were trained whole"],
  ])("gives peft's weights: %s, %s", (name) =>
    withFolder(async (root) => {
      for (const threads of [0, 2]) {
        const target = join(root, `${threads}`)
        const options = { dtype: "f32", adapter: golden(`${name}/adapter`) } as const
        await convertWith(golden(`${name}/base`), target, options, { threads })
        const expected = await valuesOf(golden(name), "merged.safetensors")
        const found = await valuesOf(target, "model.safetensors")
        assert.deepStrictEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted())
        for (const [tensor, values] of expected) {
          values.forEach((value, i) => assert.closeTo(found.get(tensor)![i]!, value, 1e-6, tensor))
        }
        const files = await openFolder(target)
        await openTensors(files, await readModel(files))
        assert.strictEqual(JSON.parse(await readFile(join(target, manifestFile), "utf8")).adapter, "adapter")
      }
    }),
  )
})

/** What a conversion says of the adapter `patterns` once it was changed. */
const refusal = (change: (folder: string) => Promise<void>): Promise<string> =>
  withFolder(async (root) => {
    const adapter = join(root, "adapter")
    await cp(golden("patterns/adapter"), adapter, { recursive: true })
    await change(adapter)
    const error = await rejection(convertModel(golden("patterns/base"), join(root, "target"), { adapter }))
    assert.instanceOf(error, ModelFileError)
    return String(error)
  })

const withField = (field: string, value: unknown) =>
  refusal(async (folder) => {
    const file = join(folder, "adapter_config.json")
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), [field]: value }))
  })

const withTensor = (name: string, shape: ReadonlyArray<number>, dtype: "F32" | "I32" = "F32") =>
  refusal(async (folder) => {
    const length = shape.reduce((a, b) => a * b, 4)
    const { header } = layOutSafetensors([{ name, dtype, shape, length }])
    await writeFile(join(folder, "adapter_model.safetensors"), [header, new Uint8Array(length)])
  })

describe("an adapter", () => {
  it.each([
    ["peft_type", "IA3", '"IA3"'],
    ["use_dora", true, "DoRA"],
    ["bias", "all", "biases"],
    ["init_lora_weights", "pissa", "pissa"],
    ["layer_replication", [[0, 1]], "layer replication"],
    ["target_parameters", ["mlp.weight"], "LoRA on parameters"],
    ["alora_invocation_tokens", [1], "activated LoRA"],
    ["lora_alpha", "many", '"lora_alpha"'],
    ["alpha_pattern", { "(": 1 }, "no regular expression"],
  ])("is refused by name: %s %j", async (field, value, said) => {
    assert.include(await withField(field, value), said)
  })

  it("is refused where it does not fit the model, or is not whole", async () => {
    const layer = "base_model.model.model.layers.0"
    assert.include(await withTensor(`${layer}.mlp.up_proj.lora_A.weight`, [4, 32]), "one is missing")
    assert.include(await withTensor("base_model.model.model.norm.weight", [31]), "[31], and the model needs [32]")
    assert.include(await withTensor(`${layer}.mlp.other.lora_A.weight`, [4, 32]), "changes no layer")
    assert.include(await withTensor(`${layer}.mlp.up_proj.lora_magnitude_vector`, [64]), "DoRA")
    assert.include(await withTensor("base_model.model.model.norm.weight", [32], "I32"), "I32")
    assert.include(await refusal((folder) => writeFile(join(folder, "adapter_model.safetensors"), "no")), "truncated")
    const pickled = await refusal(async (folder) => {
      await rm(join(folder, "adapter_model.safetensors"))
      await writeFile(join(folder, "adapter_model.bin"), "")
    })
    assert.include(pickled, "may run code")
  })

  it("tells what it ignores", () =>
    withFolder(async (root) => {
      const adapter = join(root, "adapter")
      await cp(golden("patterns/adapter"), adapter, { recursive: true })
      const file = join(adapter, "adapter_config.json")
      await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), fan_in_fan_out: true }))
      const { warnings } = await convertModel(golden("patterns/base"), join(root, "target"), { adapter })
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "fan_in_fan_out")
    }))
})
