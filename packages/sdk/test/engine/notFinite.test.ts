/** What is no number is said, and by whose fault: it never looks like a result. */
import { cp, open, readdir } from "node:fs/promises"
import { join } from "node:path"
import { gemmaFolder, scopeFolder, shieldFolder } from "@facet/tiny"
import { assert, describe, it } from "@effect/vitest"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { readNpz } from "../../src/files/readNpz.ts"
import { openSafetensors } from "../../src/files/openSafetensors.ts"
import { Facet, RuntimeError, ScopeFileError } from "../../src/index.ts"
import { failureOf } from "../fixtures/failure.ts"
import { temporaryFolder } from "../fixtures/folders.ts"

/** All bits set are a NaN in every type of floats. */
async function spoil(file: string, offset: number): Promise<void> {
  await using handle = await open(file, "r+")
  await handle.write(new Uint8Array(4).fill(0xff), 0, 4, offset)
}

async function damagedModel(source: string, folder: string): Promise<string> {
  await cp(source, folder, { recursive: true })
  const tensors = await openSafetensors(await openFolder(folder))
  const { file, offset } = tensors.get("model.layers.1.input_layernorm.weight")!
  await spoil(join(folder, file), offset)
  return folder
}

describe("damaged weights", () => {
  it("are named as the cause by every effect", async () => {
    await using folder = await temporaryFolder()
    const model = await damagedModel(gemmaFolder, join(folder.path, "model"))
    const shield = await damagedModel(shieldFolder, join(folder.path, "shield"))
    await using facet = await Facet.open({ model, shield, scope: scopeFolder })
    const effects = [
      () => facet.generate("Hello."),
      () => facet.score("Hello."),
      () => facet.embed("Hello."),
      () => facet.inspect("Hello."),
      () => facet.inspect("Hello.", { topK: 0, layer: 1, activations: true }),
      () => facet.shield("Hello."),
      () => facet.decide("Hello.", { q: { type: "score" } }),
    ]
    for (const effect of effects) {
      const error = await failureOf(effect())
      assert.instanceOf(error, RuntimeError)
      assert.include(error.message, "weights are damaged")
    }
  })
})

describe("a damaged autoencoder", () => {
  it.each(["W_enc", "b_enc", "threshold"])("is named as the cause, by a NaN in its %s", async (array) => {
    await using folder = await temporaryFolder()
    await cp(scopeFolder, folder.path, { recursive: true })
    const names = await readdir(folder.path, { recursive: true })
    for (const name of names.filter((file) => file.endsWith(".npz"))) {
      const { offset } = await (await readNpz(await openFolder(folder.path), name)).locate(array)
      await spoil(join(folder.path, name), offset)
    }
    await using facet = await Facet.open({ scope: folder.path })
    const error = await failureOf(facet.inspect("The little fox ran into the forest."))
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, "damaged")
  })
})
