/** Weights that lie in a file as a processor multiplies them, for all processes at once. */
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { convertModel } from "@facet/checkpoint"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { OpenModel, type OpenModelOptions } from "../../src/engine/OpenModel.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import { Facet } from "../../src/index.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { Progress } from "../../src/words/Progress.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { writeRandomGemma2 } from "../fixtures/randomGemma2.ts"

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let blocks: string
beforeAll(async () => {
  folder = await temporaryFolder()
  blocks = join(folder.path, "q4")
  // Layers of more than a mebibyte: what is smaller is not worth a page of its own.
  await writeRandomGemma2(join(folder.path, "plain"), {
    hidden_size: 1024,
    intermediate_size: 2560,
    num_hidden_layers: 1,
  })
  await convertModel(join(folder.path, "plain"), blocks, { dtype: "q4", block: 32 })
})
afterAll(() => folder[Symbol.asyncDispose]())

const text = Array.from({ length: 40 }, (_, i) => 200 + i * 17)

/** The logits after a prompt and after one more token, and what was said while it opened. */
async function run(path: string, options: Partial<OpenModelOptions> = {}) {
  const told: Array<Progress> = []
  const runtime = makeNodeRuntime({ interlock: new Interlock(), threads: 1 })
  const files = await openFolder(path)
  const model = await OpenModel.open(
    { files, runtime, heads: ["vocabulary"], cacheBytes: 0, shareWeights: true, ...options },
    [],
    (progress) => told.push(progress),
  )
  const sequence = model.newSequence()
  const prompt = await model.forward(sequence, text, { rows: [text.length - 1], exact: true })
  const next = await model.forward(sequence, [300], { rows: [0] })
  sequence.dispose()
  await model.release()
  const messages = told.flatMap(({ message, phase }) => (phase === "convert" ? [message ?? ""] : []))
  return { logits: [...prompt.logits, ...next.logits], messages }
}

const sharedFiles = async (path: string) => (await readdir(path)).filter((name) => name.startsWith("shared-"))
const withEnd = async (path: string, end: string) =>
  join(path, (await sharedFiles(path)).find((name) => name.endsWith(end)) ?? "")

describe("shared weights", () => {
  it("are laid out once, with a word about it, and give the same numbers to the last bit", async () => {
    const own = await run(blocks, { shareWeights: false })
    assert.lengthOf(await sharedFiles(blocks), 0)
    const first = await run(blocks)
    assert.lengthOf(await sharedFiles(blocks), 2)
    const weights = await withEnd(blocks, ".weights")
    assert.lengthOf(first.messages, 1)
    assert.include(first.messages[0], weights)
    const { mtimeMs } = await stat(weights)
    const again = await run(blocks)
    assert.lengthOf(again.messages, 0)
    assert.strictEqual((await stat(weights)).mtimeMs, mtimeMs)
    assert.deepStrictEqual(first.logits, own.logits)
    assert.deepStrictEqual(again.logits, own.logits)
  })

  it("are mapped: what the file says is laid out is what is multiplied", async () => {
    const other = join(folder.path, "other")
    await cp(blocks, other, { recursive: true })
    const own = await run(other)
    const weights = await withEnd(other, ".weights")
    const graph = await readFile(await withEnd(other, ".onnx"), "latin1")
    const [, at = "", length = ""] = /prepacked_0.*?\|(\d+);(\d+);/s.exec(graph) ?? []
    const bytes = await readFile(weights)
    bytes.fill(0, Number(at), Number(at) + Number(length))
    await writeFile(weights, bytes)
    assert.notDeepEqual((await run(other)).logits, own.logits)
  })

  it("of another processor are of no use, and the numbers are right", async () => {
    const other = join(folder.path, "elsewhere")
    await cp(blocks, other, { recursive: true })
    const own = await run(other, { shareWeights: false })
    const graph = await withEnd(other, ".onnx")
    const said = await readFile(graph, "latin1")
    // Whatever that processor made of the weights has another hash.
    await writeFile(
      graph,
      said.replaceAll(/MatMulNBits\+(\d)/g, (_, digit) => `MatMulNBits+${(Number(digit) % 9) + 1}`),
      "latin1",
    )
    const found = await run(other)
    assert.lengthOf(found.messages, 0)
    assert.deepStrictEqual(found.logits, own.logits)
  })

  it.each([".weights", ".onnx"])("are laid out again where %s is not there, or was cut off", async (end) => {
    const other = join(folder.path, `cut${end}`)
    await cp(blocks, other, { recursive: true })
    const own = await run(other)
    await truncate(await withEnd(other, ".weights"), 10_000)
    const mended = await run(other)
    assert.lengthOf(mended.messages, 1)
    await rm(await withEnd(other, end))
    const anew = await run(other)
    assert.lengthOf(anew.messages, 1)
    assert.deepStrictEqual(mended.logits, own.logits)
    assert.deepStrictEqual(anew.logits, own.logits)
    assert.lengthOf(await sharedFiles(other), 2)
  })

  it("are those of prompts in 8 bits, too", async () => {
    const other = join(folder.path, "prompts")
    await cp(blocks, other, { recursive: true })
    const own = await run(other, { prefill: "int8", shareWeights: false })
    const both = await run(other, { prefill: "int8" })
    assert.deepStrictEqual(both.logits, own.logits)
    assert.isAbove((await sharedFiles(other)).length, 2)
  })

  it("that are small stay where they were published, and the numbers are the same", async () => {
    const small = join(folder.path, "small")
    await convertModel(gemmaFolder, small, { dtype: "q4", block: 32 })
    const own = await run(small, { shareWeights: false })
    await run(small)
    assert.deepStrictEqual((await run(small)).logits, own.logits)
  })

  it("serve other graphs, such as those with lanes", async () => {
    const own = await run(blocks, { lanes: 4, shareWeights: false })
    assert.deepStrictEqual((await run(blocks, { lanes: 4 })).logits, own.logits)
  })

  it("are refused for plain weights, and where it is no yes or no, with what to do", async () => {
    const cause = await run(gemmaFolder).catch((error: unknown) => error)
    assert.match(String(cause), /shareWeights.*plain/)
    assert.match(String(cause), /dtype/)
    // As JavaScript may send it.
    for (const options of [{ shareWeights: true }, { model: blocks, shareWeights: "yes" }] as const) {
      const refused = await Facet.open(options as { shareWeights: true }).catch((error: unknown) => error)
      assert.match(String(refused), /shareWeights/)
    }
  })
})
