/** Small random GGUFs that llama.cpp's own package wrote, in llama.cpp and in Facet: the same numbers. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Facet } from "@facet/sdk"
import type { Llama } from "node-llama-cpp"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { convertModel } from "../../src/index.ts"
import { withFolder } from "../fixtures/folders.ts"
import { idsOf, logprobsOf, startLlama } from "../fixtures/llama.ts"

const fileOf = (name: string): string => fileURLToPath(new URL(`models/${name}.gguf`, import.meta.url))

/** Many windows of 16 long. */
const text =
  "The harbour is small, and a loud voice carries from one end of it to the other. " +
  "The fox and the ox went down to the sea in the fog, and in the fog they lost the sea. Then they found it."

/** What llama.cpp approximates: its GELU is a table of f16. */
const tolerance = 0.02

/** What each token but the first is worth to Facet, with some of `config.json` changed. */
async function ownLogprobs(name: string, change: Readonly<Record<string, unknown>> = {}) {
  return withFolder(async (root) => {
    const model = join(root, "model")
    await convertModel(fileOf(name), model, { dtype: "f32" })
    const config: Record<string, unknown> = JSON.parse(await readFile(join(model, "config.json"), "utf8"))
    await writeFile(join(model, "config.json"), JSON.stringify({ ...config, ...change }))
    await using facet = await Facet.open({ model, device: "cpu" })
    const { tokens } = await facet.score(text)
    return { ids: tokens.map(({ id }) => id), logprobs: tokens.slice(1).map(({ logprob }) => logprob ?? NaN) }
  })
}

const furthest = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

describe("a random GGUF in Facet and in llama.cpp", () => {
  let llama: Llama
  beforeAll(async () => {
    llama = await startLlama()
  })
  afterAll(() => llama.dispose())

  const logprobsIn = async (name: string) => {
    const model = await llama.loadModel({ modelPath: fileOf(name) })
    try {
      const ids = idsOf(model, text)
      return { ids, logprobs: await logprobsOf(model, ids) }
    } finally {
      await model.dispose()
    }
  }

  it.each(["gemma2-f32", "gemma2-f16", "gemma3-f16"])(
    "%s gives the same ids, and each the same worth",
    async (name) => {
      const [theirs, ours] = [await logprobsIn(name), await ownLogprobs(name)]
      assert.deepStrictEqual<ReadonlyArray<number>>(ours.ids, theirs.ids)
      assert.isAbove(ours.ids.length, 100)
      assert.isBelow(furthest(ours.logprobs, theirs.logprobs), tolerance)
    },
    60_000,
  )

  it("gemma2-q8_0 does so as far as llama.cpp's activations of 8 bits let it", async () => {
    const [theirs, ours] = [await logprobsIn("gemma2-q8_0"), await ownLogprobs("gemma2-q8_0")]
    assert.deepStrictEqual<ReadonlyArray<number>>(ours.ids, theirs.ids)
    const apart = ours.logprobs.map((value, i) => Math.abs(value - theirs.logprobs[i]!))
    assert.isBelow(apart.reduce((a, b) => a + b, 0) / apart.length, 0.1)
  }, 60_000)

  // Each of what a file says, and what llama.cpp takes for granted: without it the numbers would be others.
  it.each([
    ["gemma2-f32", { attn_logit_softcapping: 1000 }],
    ["gemma2-f32", { final_logit_softcapping: 50 }],
    ["gemma2-f32", { sliding_window: 512 }],
    ["gemma2-f32", { query_pre_attn_scalar: 256 }],
    ["gemma3-f16", { sliding_window: 512 }],
    ["gemma3-f16", { sliding_window_pattern: 6 }],
    ["gemma3-f16", { rope_theta: 10_000 }],
    ["gemma3-f16", { rope_local_base_freq: 500_000 }],
  ])(
    "would not, %s with %o",
    async (name, change) => {
      const [theirs, changed] = [await logprobsIn(name), await ownLogprobs(name, change)]
      assert.isAbove(furthest(changed.logprobs, theirs.logprobs), 3 * tolerance)
    },
    60_000,
  )
})
