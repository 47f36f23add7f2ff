import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it, vi } from "vitest"
import { lookUpFeature, pullLabels, readSource } from "../../../src/models/models.node.ts"
import { readLabels } from "../../../src/scope/Labels.ts"
import { openScope } from "../../../src/scope/openScope.node.ts"
import { DownloadError, ScopeFileError } from "../../../src/words/Errors.ts"
import { failureOf } from "../../fixtures/failure.ts"
import { NeuronpediaServer } from "./NeuronpediaServer.ts"

const source = readSource("gemma-2-2b/20-gemmascope-res-16k")
const width = 16_384
const row = (index: number, description: string, changes: object = {}) => ({
  modelId: "gemma-2-2b",
  layer: "20-gemmascope-res-16k",
  index: String(index),
  description,
  ...changes,
})

let server: NeuronpediaServer
let home: string
beforeAll(async () => {
  server = await NeuronpediaServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-labels-"))
  vi.stubEnv("FACET_CACHE", home)
  vi.stubEnv("HF_HUB_OFFLINE", "")
  vi.stubEnv("NEURONPEDIA_DATASETS", `${server.url}/v1`)
  vi.stubEnv("NEURONPEDIA_URL", server.url)
  vi.stubEnv("NEURONPEDIA_API_KEY", "")
  server.asked.length = 0
  server.planted.length = 0
  // Ordered by the index as text: 10 stands before 2, and the batches overlap.
  server.batches = [
    [row(0, "the word the"), row(1, "cats"), row(10, " dogs ")],
    [row(2, "animals"), row(10, "pets")],
  ]
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

/** An autoencoder where Gemma Scope's own layout says whose it is. */
async function scopeAt(own?: object): Promise<string> {
  const file = join(home, "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz")
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, "")
  if (own !== undefined) await writeFile(join(dirname(file), "labels.json"), JSON.stringify(own))
  return file
}

const labelsAt = async (path: string) => {
  const { entries, files } = await openScope(path)
  return Object.fromEntries(await readLabels(files, entries[0]!))
}

describe("pullLabels", () => {
  it("keeps all batches' labels where the autoencoder's are read, and asks nobody afterwards", async () => {
    const batches: Array<number> = []
    const { labels } = await pullLabels(source, width, { onBatch: (done) => batches.push(done) })
    assert.strictEqual(labels, 4)
    assert.deepStrictEqual(batches, [1, 2])
    const asked = server.asked.length
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    assert.deepStrictEqual(await labelsAt(await scopeAt()), { 0: "the word the", 1: "cats", 2: "animals", 10: "dogs" })
    assert.lengthOf(server.asked, asked)
  })

  it("lets one's own labels stand in the place of Neuronpedia's", async () => {
    await pullLabels(source, width)
    assert.deepInclude(await labelsAt(await scopeAt({ 1: { label: "felines" } })), { 1: "felines", 2: "animals" })
  })

  it("waits when it asks too often", async () => {
    server.planted.push({ status: 429, headers: { "retry-after": "0" } }, { status: 503 })
    const { labels } = await pullLabels(source, width, { retryDelaysMs: [1, 1] })
    assert.strictEqual(labels, 4)
  })

  it.each<[string, ReadonlyArray<object>, RegExp]>([
    ["of another source", [row(3, "x", { layer: "21-gemmascope-res-16k" })], /labels of another source.*21-gemmascope/],
    ["of a wider autoencoder", [row(16_384, "x")], /is no feature of 16384/],
    ["that are none", [{ ...row(3, "x"), description: 7 }], /feature 3 is no text/],
    ["of no feature", [{ ...row(3, "x"), index: null }], /null is no feature/],
    ["whose index is no number", [{ ...row(3, "x"), index: "" }], /"" is no feature/],
  ])("keeps nothing of labels %s", async (_, batch, message) => {
    server.batches = [batch]
    const error = await failureOf(pullLabels(source, width))
    assert.instanceOf(error, DownloadError)
    assert.match(error.message, message)
    assert.deepStrictEqual(await labelsAt(await scopeAt()), {})
  })

  it("passes over a feature of which nothing is said", async () => {
    server.batches = [[{ ...row(3, "x"), description: null }, row(4, " "), row(5, "rain")]]
    assert.strictEqual((await pullLabels(source, width)).labels, 1)
  })

  it("says that there is no such source, or no network", async () => {
    server.batches = []
    assert.match(String(await failureOf(pullLabels(source, width))), /no labels of this source/)
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    assert.match(String(await failureOf(pullLabels(source, width))), /HF_HUB_OFFLINE/)
  })
})

describe("readLabels", () => {
  it.each<[object, RegExp]>([
    [{ source: "gemma-2-9b/20-gemmascope-res-16k" }, /has the labels of "gemma-2-9b.*this is gemma-2-2b/],
    [{ 16384: { label: "x" } }, /label of feature 16384.*has 16384: they are another's/],
    [{ 3: "x" }, /entry "3" is not a label/],
    [{ "": { label: "x" } }, /entry "" is not a label/],
    [{ "0x10": { label: "x" } }, /entry "0x10" is not a label/],
  ])("refuses %o", async (own, message) => {
    const error = await failureOf(labelsAt(await scopeAt(own)))
    assert.instanceOf(error, ScopeFileError)
    assert.match(error.message, message)
  })

  it.each([
    ["gemma-2-2b/21-gemmascope-res-16k", false],
    ["gemma-2-2b/20-gemmascope-mlp-16k", false],
    ["gemma-2-2b/20-gemmascope-res-65k", false],
    [7, false],
    ["gemma-2-2b/20-gemmascope-res-16k__l0-71", true],
    ["somebody's own", true],
  ])("knows of a folder of one's own whether labels of %o are another's", async (named, fits) => {
    const folder = join(home, "mine/resid_post/layer_20/width_16k")
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, "params.npz"), "")
    await writeFile(join(folder, "labels.json"), JSON.stringify({ source: named, 3: { label: "x" } }))
    if (fits) return assert.deepStrictEqual(await labelsAt(folder), { 3: "x" })
    assert.match(String(await failureOf(labelsAt(folder))), /this is resid_post.20, 16384 features/)
  })
})

describe("lookUpFeature", () => {
  const feature = { ...row(12_082, ""), index: "12082", explanations: [{ description: " dogs" }], maxActApprox: 90 }

  it("asks once, with the key that the server has, and waits when it asks too often", async () => {
    server.features = { "gemma-2-2b/20-gemmascope-res-16k/12082": feature }
    server.planted.push({ status: 429, headers: { "retry-after": "0" } })
    vi.stubEnv("NEURONPEDIA_API_KEY", "secret")
    const found = await lookUpFeature(source, 12_082, { retryDelaysMs: [1] })
    assert.deepStrictEqual(found.descriptions, ["dogs"])
    assert.match(found.page, /gemma-2-2b\/20-gemmascope-res-16k\/12082$/)
    assert.deepStrictEqual(
      server.asked.map(({ headers }) => headers["x-api-key"]),
      ["secret", "secret"],
    )
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    assert.deepStrictEqual(await lookUpFeature(source, 12_082), found)
    assert.match(String(await failureOf(lookUpFeature(source, 3))), /was not looked up before/)
  })

  it("says what is wrong", async () => {
    server.features = { "gemma-2-2b/20-gemmascope-res-16k/4": { ...feature, index: "5" } }
    const failure = async (index: number) =>
      String(await failureOf(lookUpFeature(source, index, { retryDelaysMs: [] })))
    assert.match(await failure(4), /makes no sense: it is of gemma-2-2b\/20-gemmascope-res-16k\/5/)
    assert.match(await failure(6), /has no such feature/)
    server.planted.push({ status: 403 })
    assert.match(await failure(6), /does not take the key/)
  })
})
