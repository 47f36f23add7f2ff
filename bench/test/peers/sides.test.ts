/** The models that are made, and the sides that run them: one model in three formats, in each library's own hands. */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet } from "@facet/sdk"
import { AutoModelForCausalLM, env, Tensor } from "@huggingface/transformers"
import { getLlama, LlamaLogLevel, type Token } from "node-llama-cpp"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { dequantiseMatrix } from "@facet/sdk/folders"
import { ggufModel, packQ4 } from "../../peers/ggufModel.ts"
import { dtype, onnxModel } from "../../peers/onnxModel.ts"
import { openSides } from "../../peers/openSides.ts"
import { randomModel } from "../../peers/randomModel.ts"
import { TaskMaker } from "../../peers/TaskMaker.ts"
import { type Opening, sideNames, type Task } from "../../peers/Task.ts"

let root: string
let folder: string
let guard: string
let maker: TaskMaker

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "facet-bench-"))
  folder = await randomModel(root, "tiny", 32)
  guard = await randomModel(root, "tiny", 32, "int8")
  await ggufModel(folder)
  await onnxModel(folder)
  maker = await TaskMaker.open(folder)
})
afterAll(() => rm(root, { recursive: true }))

const written = 6

async function byFacet(text: string): Promise<ReadonlyArray<number> | undefined> {
  await using facet = await Facet.open({ model: folder })
  return (await facet.generate(text, { template: "none", maxTokens: written })).tokens?.completion
}

async function byLlama(ids: ReadonlyArray<number>): Promise<ReadonlyArray<number>> {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, progressLogs: false })
  const model = await llama.loadModel({ modelPath: join(folder, "model.gguf") })
  // One thread: its threads wait in loops for each other, for long where other tests run beside them.
  const context = await model.createContext({ contextSize: 256, flashAttention: false, threads: 1 })
  const tokens: Array<number> = []
  // The library's tokens are numbers that it has marked.
  for await (const token of context.getSequence().evaluate([...ids] as Array<Token>, { temperature: 0 })) {
    if (tokens.push(token) >= written) break
  }
  await context.dispose()
  await model.dispose()
  await llama.dispose()
  return tokens
}

async function byTransformers(ids: ReadonlyArray<number>): Promise<ReadonlyArray<number>> {
  env.localModelPath = dirname(folder)
  const options = { dtype, device: "cpu", use_external_data_format: true, local_files_only: true } as const
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), options)
  const input = { input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]) }
  const settings = { ...input, max_new_tokens: written, do_sample: false, eos_token_id: null }
  // Its types know no inputs, and no model without an end.
  const sequences = (await model.generate(settings as unknown as Parameters<typeof model.generate>[0])) as Tensor
  await model.dispose()
  return Array.from(sequences.data as BigInt64Array, Number).slice(ids.length)
}

test("the folder opens in Facet, the GGUF in llama.cpp, the ONNX file in transformers.js: and all write the same", async () => {
  const { ids, text } = maker.read(1, 17, written).prompt
  const ours = await byFacet(text)
  expect(ours).toHaveLength(written)
  expect(await byLlama(ids)).toStrictEqual(ours)
  expect(await byTransformers(ids)).toStrictEqual(ours)
}, 60_000)

test("a Q4_0 block holds the same levels, and the scale of the block that they were in", () => {
  const levels = Uint8Array.from({ length: 32 }, (_, i) => (i * 37) & 255)
  const scales = Float32Array.of(-0.5)
  const packed = packQ4(levels, scales, 64)
  expect(packed).toHaveLength(2 * 18)
  const unpacked = [0, 18].flatMap((at) => {
    const block = packed.subarray(at, at + 18)
    const scale = new Float16Array(Uint8Array.from(block.subarray(0, 2)).buffer)[0] ?? NaN
    const half = (shift: number) => Array.from(block.subarray(2), (byte) => (((byte >> shift) & 15) - 8) * scale)
    return [...half(0), ...half(4)]
  })
  const folderWeights = dequantiseMatrix({ data: levels, scales }, 1, 64, { bits: 4, blockSize: 64 })
  expect(unpacked).toStrictEqual([...folderWeights])
})

test("the same size and block give the same weights", async () => {
  const other = await mkdtemp(join(tmpdir(), "facet-bench-"))
  try {
    const again = await randomModel(other, "tiny", 32)
    const bytes = (path: string) => readFile(join(path, "model.safetensors"))
    expect((await bytes(again)).equals(await bytes(folder))).toBe(true)
  } finally {
    await rm(other, { recursive: true })
  }
})

describe("texts", () => {
  test("a prompt has as many tokens as were asked for, others each round", () => {
    for (const length of [8, 33, 257]) expect(maker.read(3, length, 1).prompt.ids).toHaveLength(length)
    expect(maker.read(3, 33, 1)).toStrictEqual(maker.read(3, 33, 1))
    expect(maker.read(4, 33, 1).prompt.text).not.toBe(maker.read(3, 33, 1).prompt.text)
  })

  test("what repeats stands in the prompt again and again", () => {
    const { prompt, token } = maker.repeat(3, 33, 8)
    expect(prompt.ids).toHaveLength(33)
    expect(prompt.ids.slice(-16)).toStrictEqual(Array.from({ length: 16 }, () => token))
  })

  test("the prompts of four policies share all that is alike, and no more", () => {
    const { candidates, content, prefix, suffixes } = maker.judge(3, 20)
    expect(content.split(" ")).toHaveLength(20)
    expect(prefix[0]).toBe(2)
    expect(suffixes).toHaveLength(4)
    expect(new Set(suffixes.map(([first]) => first)).size).toBeGreaterThan(1)
    expect(candidates).toHaveLength(2)
  })
})

describe.each(sideNames)("%s", (name) => {
  test("does every task, with finite figures", async () => {
    const opening: Opening = {
      folder,
      threads: 1,
      context: 1024,
      guard,
      tunes: false,
      clock: "cpu",
      checkout: fileURLToPath(new URL("../../..", import.meta.url)),
    }
    const side = await (await openSides[name]())(opening)
    const tasks = {
      read: maker.read(1, 17, 4),
      repeat: maker.repeat(2, 17, 4),
      converse: maker.converse(3, 12, 0),
      judge: maker.judge(5, 8),
      together: maker.together(6, 2, 9, 4),
    } satisfies Record<Task["kind"], Task>
    try {
      const figures = [
        ...Object.values(await side.read(tasks.read)),
        ...Object.values(await side.repeat(tasks.repeat)),
        await side.converse(tasks.converse),
        await side.judge(tasks.judge),
        await side.together(tasks.together),
      ]
      for (const figure of figures) expect(figure).toBeGreaterThan(0)
      expect(figures.every(Number.isFinite)).toBe(true)
      expect(side.version).not.toBe("")
      expect(side.settings).toMatch(/1 thread/)
    } finally {
      await side.close()
    }
  }, 120_000)
})
