/** Facet computes what `transformers` computes, tensor by tensor. */
import { gemmaFolder, scopeFolder, shieldFolder } from "@facet/tiny"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { argmax, softmax2 } from "../../src/engine/Logprobs.ts"
import { chunkLength } from "../../src/engine/Reuse.ts"
import { OpenModel } from "../../src/engine/OpenModel.ts"
import { Residents } from "../../src/engine/Residents.ts"
import { OpenSae } from "../../src/engine/OpenSae.ts"
import type { Site } from "../../src/words/Site.ts"
import { openFolder } from "../../src/files/disk/openFolder.node.ts"
import type { ModelFiles } from "../../src/files/ModelFiles.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { convertModel } from "@facet/checkpoint"
import { readArray } from "../../src/files/PlacedArray.ts"
import { readSae } from "../../src/scope/SaeFile.ts"
import { Interlock } from "../../src/runtime/Interlock.ts"
import { makeNodeRuntime } from "../../src/runtime/NodeRuntime.node.ts"
import type { Runtime } from "../../src/runtime/Runtime.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { type GoldenPrompt, readGoldens, readTensors } from "../fixtures/goldens.ts"
import {
  closeness,
  differingFeatures,
  expectedFeatures,
  foundFeatures,
  furthest,
  largest,
  rowsAt,
  run,
  tensor,
} from "../fixtures/parity.ts"

const runtime = makeNodeRuntime({ interlock: new Interlock() })
const { prompts, shield } = await readGoldens()
const sites: ReadonlyArray<Site> = prompts[0]?.sites ?? []

const open = async (
  folder: string,
  head: "vocabulary" | "candidates",
  taps: ReadonlyArray<Site>,
  over: Runtime = runtime,
) => OpenModel.open({ files: await openFolder(folder), runtime: over, heads: [head], cacheBytes: 0 }, taps, () => {})

// CPU and wasm run the fused operator, WebGPU the decomposed formula: both must give the original's numbers.
describe.each(["fused", "decomposed"] as const)("the embedded model in f32, with %s attention", (attention) => {
  let model: OpenModel
  beforeAll(async () => {
    const operators = { attention, multiplication: "f32", rounding: "row" } as const
    model = await open(gemmaFolder, "vocabulary", sites, makeNodeRuntime({ interlock: new Interlock(), operators }))
  })
  afterAll(() => model.release())

  it("has goldens that are longer than the sliding window, and than a chunk", () => {
    const lengths = prompts.map(({ ids }) => ids.length)
    assert.isAtLeast(lengths.filter((length) => length > 2 * model.config.slidingWindow).length, 3)
    assert.isAbove(Math.max(...lengths), 128)
  })

  describe.each(prompts)("on the prompt `$name`", (prompt: GoldenPrompt) => {
    it("has the ids of the tokenizer in Python", () => {
      if (prompt.name === "chat") return // Written with control tokens, which Facet takes from its template alone.
      const text = model.tokenizer.decode(prompt.ids)
      assert.deepStrictEqual([model.config.bosId, ...model.tokenizer.encodePlain(text)], [...prompt.ids])
    })

    it.each([false, true])(
      "has its logits within 1e-3 and its activations within 1e-4; in chunks: %s",
      async (chunked) => {
        const golden = await readTensors(prompt.file)
        const own = await run(model, prompt.ids, chunked ? chunkLength : prompt.ids.length, sites)
        const logits = rowsAt(own.logits, prompt.positions, model.config.vocabSize)
        assert.isBelow(furthest(logits, tensor(golden, "logits")), 1e-3)
        for (const { key } of prompt.sites) {
          const expected = tensor(golden, key)
          const width = expected.length / prompt.positions.length
          const values = rowsAt(own.taps.get(key) ?? new Float32Array(), prompt.positions, width)
          assert.isBelow(furthest(values, expected) / largest(expected), 1e-4, key)
        }
      },
    )

    it("has its features: the same set, with activations within 1e-3", async () => {
      const golden = await readTensors(prompt.file)
      const own = await run(model, prompt.ids, chunkLength, sites)
      const { entries, files } = await openScope(scopeFolder)
      for (const { key, layer, site } of prompt.scopes) {
        const entry = entries.find((found) => found.site === site && found.layer === layer)
        if (entry === undefined) throw new Error(`no autoencoder at ${site} ${layer}`)
        const sae = await OpenSae.open(runtime, files, entry, model.config, new Residents(0))
        const features = await sae.topFeatures(own.taps.get(`${site}.${layer}`) ?? new Float32Array(), Infinity)
        await sae.leave()
        const expected = expectedFeatures(golden, key)
        const found = foundFeatures(features)
        const thresholds = await thresholdsOf(files, entry.file)
        assert.deepStrictEqual(differingFeatures(found, expected, thresholds), [], key)
        for (const [feature, activation] of expected) {
          if (found.has(feature)) assert.closeTo(found.get(feature) ?? NaN, activation, 1e-3)
        }
      }
    })

    it("goes on greedily as the original does", async () => {
      const sequence = model.newSequence()
      let { logits } = await model.forward(sequence, prompt.ids, { rows: [prompt.ids.length - 1] })
      for (const expected of prompt.greedy) {
        const id = argmax(logits)
        assert.strictEqual(id, expected)
        if (model.endIds.has(id)) return
        logits = (await model.forward(sequence, [id], { rows: [0] })).logits
      }
    })
  })
})

describe("the embedded guard", () => {
  it("gives P(Yes) as the original does", async () => {
    const model = await open(shieldFolder, "candidates", [])
    const candidates = [model.answers.yes, model.answers.no]
    assert.isAtLeast(shield.length, 6)
    for (const { ids, probability, text } of shield) {
      const sequence = model.newSequence()
      const { logits } = await model.forward(sequence, ids, { candidates, rows: [ids.length - 1] })
      assert.closeTo(softmax2(logits[0] ?? NaN, logits[1] ?? NaN), probability, 1e-4, text)
    }
    await model.release()
  })
})

describe("quantised weights", () => {
  // Bounds with room for other machines; the figures themselves are in docs/embedded-model.md.
  it.each([
    { dtype: "q8", agreement: 0.97, divergence: 0.002 },
    { dtype: "int8", agreement: 0.96, divergence: 0.01 },
    { dtype: "q4", agreement: 0.85, divergence: 0.1 },
  ] as const)("stay close to f32: $dtype", async ({ agreement, divergence, dtype }) => {
    await using folder = await temporaryFolder()
    const target = join(folder.path, "quantised")
    await convertModel(gemmaFolder, target, { dtype, block: 32 })
    const exact = await open(gemmaFolder, "vocabulary", sites)
    const quantised = await open(target, "vocabulary", sites)
    const { vocabSize } = exact.config
    const rows = await Promise.all(
      prompts.map(async ({ ids }) => ({
        exact: (await run(exact, ids, chunkLength, sites)).logits,
        other: (await run(quantised, ids, chunkLength, sites)).logits,
      })),
    )
    const { agreement: same, divergence: kl, positions: total } = closeness(rows, vocabSize)
    console.log(`${dtype}: top-1 agreement ${same.toFixed(4)}, mean KL ${kl.toFixed(5)} over ${total} positions`)
    assert.isAtLeast(same, agreement)
    assert.isAtMost(kl, divergence)
    await Promise.all([exact.release(), quantised.release()])
  })
})

async function thresholdsOf(files: ModelFiles, file: string): Promise<Float32Array> {
  const { threshold } = (await readSae(files, file)).arrays
  assert.isDefined(threshold)
  return readArray(files, file, threshold)
}

describe("16-bit floats", () => {
  // A CPU computes the products in f32 all the same: this shows that the graph is a right one, not how a card rounds.
  it("give a graph that computes the same", async () => {
    const operators = { attention: "decomposed", multiplication: "f16", rounding: "row" } as const
    const half = await open(
      gemmaFolder,
      "vocabulary",
      sites,
      makeNodeRuntime({ interlock: new Interlock(), operators }),
    )
    const exact = await open(gemmaFolder, "vocabulary", sites)
    let most = 0
    for (const { ids } of prompts) {
      const [p, q] = [await run(exact, ids, chunkLength, sites), await run(half, ids, chunkLength, sites)]
      most = Math.max(most, furthest(p.logits, q.logits))
    }
    console.log(`16-bit products: logits within ${most.toFixed(4)}`)
    assert.isBelow(most, 1e-3)
    await Promise.all([half.release(), exact.release()])
  })
})
