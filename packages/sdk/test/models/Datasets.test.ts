/** Files of datasets, from a hub that speaks the real one's routes. */
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, it, vi } from "vitest"
import { HubServer } from "../../../../test/HubServer.ts"
import { DownloadError } from "../../src/index.ts"
import { type DatasetSource, locateDataset, pullDataset } from "../../src/models/Datasets.node.ts"
import { failureOf } from "../fixtures/failure.ts"

const source: DatasetSource = { kind: "dataset", repository: "me/mine", file: "data/rows.csv" }
const rows = Buffer.from(`prompt,label\n${"a long prompt,1\n".repeat(200)}`)

let hub: HubServer
let cache: string
beforeAll(async () => {
  hub = await HubServer.start()
  hub.publishDataset("me/mine", { "data/rows.csv": rows, "README.md": Buffer.from("# Mine") })
  // A model of the same name is another thing.
  hub.publish("me/mine")
})
afterAll(() => hub[Symbol.asyncDispose]())
beforeEach(async () => {
  cache = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "facet-datasets-"))
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_HOME: cache, HF_TOKEN: "", HF_HUB_OFFLINE: "" }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  hub.asked.length = 0
  hub.faults = {}
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true, force: true })
})

it("are fetched once, beside models of the same name, and found by revision", async () => {
  assert.isUndefined(await locateDataset(source))
  const { licence, path, revision } = await pullDataset(source)
  assert.strictEqual(path, join(cache, "datasets--me--mine", "snapshots", revision ?? "", "data/rows.csv"))
  assert.strictEqual(licence, "cc-by-4.0")
  assert.isTrue((await readFile(path)).equals(rows))
  for (const at of [undefined, "main", revision])
    assert.strictEqual(await locateDataset({ ...source, revision: at }), path)
  assert.isUndefined(await locateDataset({ ...source, revision: "v2" }))
  hub.asked.length = 0
  await pullDataset(source)
  assert.isFalse(hub.asked.some(({ path: asked }) => asked.includes("/resolve/")))
})

it("that break off are not there, and whole when they are fetched again", async () => {
  hub.faults = { cut: ({ host }) => (host === "cdn" ? 1_000 : undefined) }
  assert.instanceOf(await failureOf(pullDataset(source, { retryDelaysMs: [] })), DownloadError)
  assert.isUndefined(await locateDataset(source))
  hub.faults = {}
  const { path } = await pullDataset(source)
  assert.isTrue((await readFile(path)).equals(rows))
})

it.each([
  [{ ...source, file: "data/none.csv" }, "there is no such file in the repository"],
  [{ ...source, repository: "me/other" }, "there is no such repository"],
  [{ ...source, revision: "v7" }, "there is no revision v7"],
])("that are not there are told of, with the page: %j", async (wanted, problem) => {
  const error = await failureOf(pullDataset(wanted))
  assert.instanceOf(error, DownloadError)
  assert.include(error.problem, problem)
  assert.include(error.url, `${hub.url}/datasets/${wanted.repository}`)
})

it("are not fetched where the network is not to be used", async () => {
  vi.stubEnv("HF_HUB_OFFLINE", "1")
  assert.instanceOf(await failureOf(pullDataset(source)), DownloadError)
  assert.isEmpty(hub.asked)
})
