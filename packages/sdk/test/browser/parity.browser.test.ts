/** A browser computes what Node computes: the goldens of `transformers`, tensor by tensor, on both of its devices. */
import { assets } from "@facet/tiny/assets"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { OpenModel, type OpenModelOptions } from "../../src/engine/OpenModel.ts"
import { readArray } from "../../src/files/PlacedArray.ts"
import { Residents } from "../../src/engine/Residents.ts"
import { OpenSae } from "../../src/engine/OpenSae.ts"
import { softmax2 } from "../../src/engine/Logprobs.ts"
import type { Head } from "../../src/graph/Decoder.ts"
import type { Site } from "../../src/words/Site.ts"
import { openAssets } from "../../src/files/http/openAssets.browser.ts"
import { embeddedPrefix } from "../../src/worker/WorkerMessages.ts"
import { openLocation, openScopeLocation } from "../../src/worker/Locations.browser.ts"
import { openRemoteFolder } from "../../src/files/opfs/openRemoteFolder.browser.ts"
import type { Runtime } from "../../src/runtime/Runtime.ts"
import { startWasm } from "../../src/runtime/web/startWasm.browser.ts"
import { startWebGpu } from "../../src/runtime/web/startWebGpu.browser.ts"
import { readSae } from "../../src/scope/SaeFile.ts"
import { type GoldenPrompt, type Goldens, parseTensors } from "../fixtures/goldenFiles.ts"
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

const fetched = async (url: URL): Promise<Response> => {
  const response = await fetch(url)
  assert.isTrue(response.ok, url.href)
  return response
}
// Vite finds the files by these very expressions.
const golden = (file: string) => fetched(new URL(`../goldens/${file}`, import.meta.url))
const goldenOfGemma3 = (file: string) => fetched(new URL(`../goldens/gemma3/${file}`, import.meta.url))
const { prompts, shield }: Goldens = await (await golden("goldens.json")).json()
const sites: ReadonlyArray<Site> = prompts[0]?.sites ?? []

const folder = (name: string) => openLocation(`${embeddedPrefix}${name}`, () => {})

/** All stay open to the end: ONNX Runtime gives its device up, and what it made for it, with the last session. */
const models: Array<OpenModel> = []
const open = async (options: Omit<OpenModelOptions, "cacheBytes">, taps: ReadonlyArray<Site>) => {
  const model = await OpenModel.open({ ...options, cacheBytes: 0 }, taps, () => {})
  models.push(model)
  return model
}
const openTiny = async (runtime: Runtime, head: Head, taps: ReadonlyArray<Site>) =>
  open({ files: await folder(head === "vocabulary" ? "tiny-gemma-it" : "tiny-shield"), runtime, heads: [head] }, taps)

/** Started once for all tests: most of what WebGPU takes is to make its programs, which stay as long as the device. */
const runtimes: Partial<Record<DeviceName, Promise<Runtime>>> = {}
type DeviceName = "wasm" | "webgpu"
const start = {
  wasm: () => startWasm({ precision: "f32" }),
  webgpu: () => startWebGpu({ precision: "f32", allowSoftware: true, onLost: (problem) => assert.fail(problem) }),
}
const runtimeOf = (device: DeviceName) => (runtimes[device] ??= start[device]())
afterAll(async () => {
  for (const model of models) await model.release()
  for (const runtime of Object.values(runtimes)) await (await runtime).release()
})

/** What wasm in f32 says to each of the prompts, for those that are to say nearly the same. */
let exact: ReadonlyArray<Float32Array> | undefined
async function exactLogits(): Promise<ReadonlyArray<Float32Array>> {
  if (exact !== undefined) return exact
  const model = await openTiny(await runtimeOf("wasm"), "vocabulary", [])
  const logits: Array<Float32Array> = []
  for (const { ids } of prompts) logits.push((await run(model, ids, 128, [])).logits)
  return (exact = logits)
}

/** Tokens a run: the second one reads what the first one wrote into the buffers. */
const lengths = { wasm: 128, webgpu: 40 }

/** The software adapter takes about a second a run: it gets one prompt, longer than the sliding window, in two runs. */
const chosen = { wasm: prompts, webgpu: prompts.filter(({ name }) => name === "chat") }

describe.each(["wasm", "webgpu"] as const)("%s in f32", { timeout: 120_000 }, (device) => {
  let runtime: Runtime
  let model: OpenModel
  beforeAll(async () => {
    runtime = await runtimeOf(device)
    model = await openTiny(runtime, "vocabulary", sites)
  }, 120_000)

  it.each(chosen[device])("has the logits, activations and features of `$name`", async (prompt: GoldenPrompt) => {
    const expected = parseTensors(new Uint8Array(await (await golden(prompt.file)).arrayBuffer()))
    const own = await run(model, prompt.ids, lengths[device], sites)
    const logits = rowsAt(own.logits, prompt.positions, model.config.vocabSize)
    const off = furthest(logits, tensor(expected, "logits"))
    console.log(`${device}, ${prompt.name}: logits within ${off.toExponential(1)}`)
    assert.isBelow(off, 1e-3)
    for (const { key } of prompt.sites) {
      const activations = tensor(expected, key)
      const width = activations.length / prompt.positions.length
      const values = rowsAt(own.taps.get(key) ?? new Float32Array(), prompt.positions, width)
      assert.isBelow(furthest(values, activations) / largest(activations), 1e-4, key)
    }
    await checkFeatures(prompt, expected, own.taps)
  })

  async function checkFeatures(
    prompt: GoldenPrompt,
    tensors: ReadonlyMap<string, Float32Array | Int32Array>,
    taps: ReadonlyMap<string, Float32Array>,
  ) {
    const { entries, files } = await openScopeLocation(`${embeddedPrefix}tiny-scope`, {}, () => {})
    for (const { key, layer, site } of prompt.scopes) {
      const entry = entries.find((found) => found.site === site && found.layer === layer)
      if (entry === undefined) throw new Error(`no autoencoder at ${site} ${layer}`)
      const sae = await OpenSae.open(runtime, files, entry, model.config, new Residents(0))
      const rows = await sae.topFeatures(taps.get(`${site}.${layer}`) ?? new Float32Array(), Infinity)
      await sae.leave()
      const [found, expected] = [foundFeatures(rows), expectedFeatures(tensors, key)]
      const { threshold } = (await readSae(files, entry.file)).arrays
      assert.isDefined(threshold)
      const thresholds = await readArray(files, entry.file, threshold)
      assert.deepStrictEqual(differingFeatures(found, expected, thresholds), [], key)
      for (const [feature, activation] of expected) {
        if (found.has(feature)) assert.closeTo(found.get(feature) ?? NaN, activation, 2e-3)
      }
    }
  }

  // On the software adapter the guard's long prompts take half a minute each: an app of the bundlers' tests asks it there.
  if (device === "wasm") {
    it("judges as Node does", async () => {
      const guard = await openTiny(runtime, "candidates", [])
      const candidates = [guard.answers.yes, guard.answers.no]
      for (const { ids, probability, text } of shield) {
        const sequence = guard.newSequence()
        const { logits } = await guard.forward(sequence, ids, { candidates, rows: [ids.length - 1] })
        assert.closeTo(softmax2(logits[0] ?? NaN, logits[1] ?? NaN), probability, 1e-3, text)
        sequence.dispose()
      }
    })
  }
})

describe.each(["wasm", "webgpu"] as const)("a Gemma 3 on %s", { timeout: 120_000 }, (device) => {
  it("has the logits and activations of transformers", async () => {
    const [random]: ReadonlyArray<GoldenPrompt> = await (await goldenOfGemma3("goldens.json")).json()
    if (random === undefined) throw new Error("there are no goldens")
    const runtime = await runtimeOf(device)
    const files = await openRemoteFolder(inject("gemma3"), { storage: "none" })
    // With so small a slack its sliding layers forget rows, and move others, between the two runs.
    const model = await open({ files, runtime, heads: ["vocabulary"], slack: 24 }, random.sites)
    const expected = parseTensors(new Uint8Array(await (await goldenOfGemma3(random.file)).arrayBuffer()))
    const own = await run(model, random.ids, 128, random.sites)
    const logits = rowsAt(own.logits, random.positions, model.config.vocabSize)
    assert.isBelow(furthest(logits, tensor(expected, "logits")), 1e-3)
    for (const { key } of random.sites) {
      const values = tensor(expected, key)
      const found = rowsAt(
        own.taps.get(key) ?? new Float32Array(),
        random.positions,
        values.length / random.positions.length,
      )
      assert.isBelow(furthest(found, values) / largest(values), 1e-4, key)
    }
  })
})

describe("webgpu in blocks of 4 bits", { timeout: 120_000 }, () => {
  it("stays as close to f32 as Node does", async () => {
    const ids = prompts[0]?.ids.slice(0, 40) ?? []
    const files = await openRemoteFolder(inject("quantised"), { storage: "none" })
    const blocks = await open({ files, runtime: await runtimeOf("webgpu"), heads: ["vocabulary"] }, [])
    assert.strictEqual(blocks.device.precision, "int4")
    const { vocabSize } = blocks.config
    const [whole] = await exactLogits()
    const other = (await run(blocks, ids, 40, [])).logits
    const { agreement, divergence } = closeness(
      [{ exact: whole?.subarray(0, other.length) ?? other, other }],
      vocabSize,
    )
    console.log(`webgpu, 4 bits: top-1 agreement ${agreement.toFixed(4)}, mean KL ${divergence.toFixed(5)}`)
    assert.isAtLeast(agreement, 0.75)
    assert.isAtMost(divergence, 0.15)
  })
})

describe("wasm in int8", { timeout: 60_000 }, () => {
  // Bounds with room; the figures themselves are in docs/in-the-browser.md.
  it.each([
    { from: "plain weights", agreement: 0.93, divergence: 0.02 },
    { from: "blocks of 4 bits", agreement: 0.85, divergence: 0.1 },
  ] as const)("stays close to f32, laid out from $from", async ({ agreement, divergence, from }) => {
    const isPlain = from === "plain weights"
    const files = await (isPlain ? folder("tiny-gemma-it") : openRemoteFolder(inject("quantised"), { storage: "none" }))
    const int8 = await open({ files, runtime: await startWasm({ precision: "int8" }), heads: ["vocabulary"] }, [])
    assert.strictEqual(int8.device.precision, "int8")
    const rows = []
    for (const [i, logits] of (await exactLogits()).entries()) {
      rows.push({ exact: logits, other: (await run(int8, prompts[i]?.ids ?? [], 128, [])).logits })
    }
    const found = closeness(rows, int8.config.vocabSize)
    console.log(
      `int8 from ${from}: top-1 agreement ${found.agreement.toFixed(4)}, mean KL ${found.divergence.toFixed(5)}`,
    )
    assert.isAtLeast(found.agreement, agreement)
    assert.isAtMost(found.divergence, divergence)
  })
})

it("finds every file of the embedded models", async () => {
  for (const [path, url] of assets) assert.isTrue((await fetch(url, { method: "HEAD" })).ok, path)
  const files = openAssets("none", new Map())
  assert.isFalse(await files.exists("config.json"))
})
