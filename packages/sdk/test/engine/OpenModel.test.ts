/** A model whose output head is a tensor of its own. */
import { cp, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { assert, describe, it } from "@effect/vitest"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { layOutSafetensors } from "../../src/files/layOutSafetensors.ts"
import { openSafetensors } from "../../src/files/openSafetensors.ts"
import type { Head } from "../../src/graph/Decoder.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import { writeRandomGemma2 } from "../fixtures/randomGemma2.ts"
import { editJson, temporaryFolder } from "../fixtures/folders.ts"

const embedding = "model.embed_tokens.weight"

/** The embedded model with a head beside it whose rows are those of the embedding, in an order. */
async function withHead(folder: string, order: (row: number, rows: number) => number): Promise<void> {
  await cp(gemmaFolder, folder, { recursive: true })
  const files = await openFolder(folder)
  const tensors = await openSafetensors(files)
  const { dtype, file, length, offset, shape } = tensors.get(embedding)!
  const rows = shape[0]!
  const rowBytes = length / rows
  const bytes = await files.readRange(file, offset, length)
  const head = new Uint8Array(length)
  for (let row = 0; row < rows; row++) {
    const from = order(row, rows) * rowBytes
    head.set(bytes.subarray(from, from + rowBytes), row * rowBytes)
  }
  const { header } = layOutSafetensors([{ name: "lm_head.weight", dtype, shape, length }])
  await rename(join(folder, file), join(folder, "model-1.safetensors"))
  await writeFile(join(folder, "head.safetensors"), Buffer.concat([header, head]))
  const names = [...tensors.keys()].map((name) => [name, "model-1.safetensors"])
  const weight_map = Object.fromEntries([...names, ["lm_head.weight", "head.safetensors"]])
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }))
}

async function logitsOf(folder: string, head: Head, candidates?: ReadonlyArray<number>): Promise<Float32Array> {
  const runtime = makeNodeRuntime({ interlock: new Interlock() })
  const files = await openFolder(folder)
  const model = await OpenModel.open({ files, runtime, heads: [head], cacheBytes: 0 }, [], () => {})
  const wanted = { rows: [2], ...(candidates === undefined ? {} : { candidates }) }
  const { logits } = await model.forward(model.newSequence(), [2, 300, 400], wanted)
  await model.release()
  return logits
}

describe("heads of any even width", () => {
  it.each([24, 16])("of %i numbers", async (headDim) => {
    await using folder = await temporaryFolder()
    const sizes = { hidden_size: 48, intermediate_size: 64, num_attention_heads: 2, num_key_value_heads: 1 }
    await writeRandomGemma2(folder.path, { ...sizes, num_hidden_layers: 2, head_dim: headDim })
    const logits = await logitsOf(folder.path, "vocabulary")
    assert.isTrue(logits.every(Number.isFinite))
    // Some of a whole, which rests on all layers.
    assert.isAbove(new Set(logits).size, logits.length / 2)
  })
})

describe("an output head of its own", () => {
  const isPlain = (folder: string) =>
    openFolder(folder)
      .then(openSafetensors)
      .then((all) => !all.has(`${embedding}_scale`))

  it("makes the logits, over the vocabulary and of single tokens", async () => {
    assert.isTrue(await isPlain(gemmaFolder))
    await using folder = await temporaryFolder()
    await withHead(folder.path, (row, rows) => rows - 1 - row)
    const tied = await logitsOf(gemmaFolder, "vocabulary")
    const own = await logitsOf(folder.path, "vocabulary")
    assert.strictEqual(own.length, tied.length)
    for (let id = 0; id < own.length; id++) assert.closeTo(own[id]!, tied[tied.length - 1 - id]!, 1e-4)
    const few = await logitsOf(folder.path, "candidates", [5, 700])
    for (const [i, id] of [5, 700].entries()) assert.closeTo(few[i]!, tied[tied.length - 1 - id]!, 1e-4)
  })

  it.each([true, false])("is the embedding where both are equal, tie_word_embeddings: %s", async (isTied) => {
    await using folder = await temporaryFolder()
    await withHead(folder.path, (row) => row)
    await editJson(join(folder.path, "config.json"), (json) => (json["tie_word_embeddings"] = isTied))
    assert.deepEqual(await logitsOf(folder.path, "vocabulary"), await logitsOf(gemmaFolder, "vocabulary"))
  })
})
