/** Weights in 8 bits for prompts, beside those of 4 bits with which a model writes. */
import { cp, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { convertModel } from "@facet/checkpoint"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { isPromptWeights } from "../../src/files/ModelFileNames.ts"
import { Facet } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { PrefillRule } from "../../src/words/EngineSettings.ts"
import type { Progress } from "../../src/words/Progress.ts"
import { temporaryFolder } from "../fixtures/folders.ts"

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let blocks: string
beforeAll(async () => {
  folder = await temporaryFolder()
  blocks = join(folder.path, "q4")
  await convertModel(gemmaFolder, blocks, { dtype: "q4", block: 32 })
})
afterAll(() => folder[Symbol.asyncDispose]())

const copies = async (path: string) => (await readdir(path)).filter(isPromptWeights)

async function open(path: string, prefill: PrefillRule): Promise<{ model: OpenModel; told: Array<Progress> }> {
  const told: Array<Progress> = []
  const model = await OpenModel.open(
    {
      files: await openFolder(path),
      runtime: makeNodeRuntime({ interlock: new Interlock(), threads: 1 }),
      heads: ["vocabulary"],
      cacheBytes: 0,
      prefill,
    },
    [],
    (progress) => told.push(progress),
  )
  return { model, told }
}

const text = Array.from({ length: 40 }, (_, i) => 200 + i * 17)

/** The logits after a prompt, and after one more token. */
async function logitsOf(model: OpenModel): Promise<ReadonlyArray<Float32Array>> {
  const sequence = model.newSequence()
  const prompt = await model.forward(sequence, text, { rows: [text.length - 1], exact: true })
  const next = await model.forward(sequence, [300], { rows: [0] })
  return [prompt.logits, next.logits]
}

describe("prompts in 8 bits", () => {
  it("are laid out once, with a word about it, and lie beside the weights", async () => {
    const first = await open(blocks, "int8")
    await first.model.release()
    const [name, ...others] = await copies(blocks)
    assert.isDefined(name)
    assert.lengthOf(others, 0)
    const messages = first.told.flatMap(({ message, phase }) => (message === undefined ? [] : [[phase, message]]))
    assert.lengthOf(messages, 1)
    assert.include(messages[0]?.[1], join(blocks, name ?? ""))
    const { mtimeMs } = await stat(join(blocks, name ?? ""))
    const again = await open(blocks, "int8")
    await again.model.release()
    assert.isFalse(again.told.some(({ phase }) => phase === "convert"))
    assert.strictEqual((await stat(join(blocks, name ?? ""))).mtimeMs, mtimeMs)
  })

  it("are near those of 4 bits, and others", async () => {
    const [plain, rounded] = [await open(blocks, "weights"), await open(blocks, "int8")]
    const [own, eight] = [await logitsOf(plain.model), await logitsOf(rounded.model)]
    await Promise.all([plain.model.release(), rounded.model.release()])
    for (const i of [0, 1]) {
      const furthest = Math.max(...own[i]!.map((value, id) => Math.abs(value - eight[i]![id]!)))
      assert.isAbove(furthest, 0)
      assert.isBelow(furthest, 1)
    }
  })

  it("are laid out anew for other weights, and nothing is left of the old ones", async () => {
    const other = join(folder.path, "other")
    await cp(blocks, other, { recursive: true })
    const [old] = await copies(other)
    const weights = join(other, "model.safetensors")
    const bytes = await readFile(weights)
    // Past the header, in whatever tensors stand there.
    for (let at = bytes.length >> 1; at < bytes.length; at += 997) bytes[at] = bytes[at]! ^ 1
    await writeFile(weights, bytes)
    const { model } = await open(other, "int8")
    await model.release()
    const left = await copies(other)
    assert.lengthOf(left, 1)
    assert.notStrictEqual(left[0], old)
  })

  it("are nothing new where the folder has 8 bits", async () => {
    const path = join(folder.path, "int8")
    await convertModel(gemmaFolder, path, { dtype: "int8" })
    const { model, told } = await open(path, "int8")
    await model.release()
    assert.isFalse(told.some(({ phase }) => phase === "convert"))
    assert.lengthOf(await copies(path), 0)
  })

  it("are refused for plain weights, with what to do", async () => {
    const path = join(folder.path, "plain")
    await cp(gemmaFolder, path, { recursive: true })
    const cause = await open(path, "int8").catch((error: unknown) => error)
    assert.instanceOf(cause, Error)
    assert.match(String(cause), /prefill.*plain/)
    assert.match(String(cause), /dtype/)
  })
})

describe("an open Facet whose prompts have 8 bits", () => {
  it("writes the same with a warm cache as with a cold one", async () => {
    await using facet = await Facet.open({ model: blocks, prefill: "int8", threads: 1 })
    const question = { role: "user", content: "Tell me a story about a fox." } as const
    const options = { maxTokens: 12, temperature: 1, seed: 3 }
    const first = await facet.generate([question], options)
    const warm = await facet.generate([question], options)
    const cold = await facet.generate([question], { ...options, cacheSalt: "nobody else" })
    assert.isAbove(warm.usage.cachedTokens, 0)
    assert.strictEqual(cold.usage.cachedTokens, 0)
    assert.strictEqual(warm.text, first.text)
    assert.strictEqual(cold.text, first.text)
  })

  it("is refused where nothing would come of it", async () => {
    for (const options of [{ prefill: "int8" }, { model: blocks, prefill: "fast" }] as const) {
      // A name that the types do not know, as JavaScript may send it.
      const cause = await Facet.open(options as { prefill: "int8" }).catch((error: unknown) => error)
      assert.match(String(cause), /prefill/)
    }
  })
})
