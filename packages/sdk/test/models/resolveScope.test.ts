import { createHash } from "node:crypto"
import { access, mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it, vi } from "vitest"
import { gemmaFolder, scopeFolder } from "@facet/tiny"
import { HubServer } from "../../../../test/HubServer.ts"
import { catalogue, removeSae, resolveScope, storedSaes } from "../../src/models/models.node.ts"
import { openScope } from "../../src/scope/openScope.node.ts"
import { DownloadError, InvalidRequestError, ScopeFileError } from "../../src/words/Errors.ts"
import type { Progress } from "../../src/words/Progress.ts"
import { failureOf } from "../fixtures/failure.ts"
import { makeSae } from "../fixtures/sae.ts"

const repository = "google/gemma-scope-2b-pt-res"
const file = "layer_20/width_16k/average_l0_71/params.npz"
const commit = createHash("sha1").update("scope").digest("hex")

let hub: HubServer
let home: string
beforeAll(async () => {
  hub = await HubServer.start()
})
afterAll(() => hub[Symbol.asyncDispose]())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-scopes-"))
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "")
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", home)
  hub.repositories.clear()
  hub.asked.length = 0
  const bytes = makeSae({ dModel: 8, width: 16 })
  const files = new Map([
    [file, { bytes, isLarge: true }],
    ["layer_20/width_65k/average_l0_114/params.npz", { bytes, isLarge: true }],
  ])
  hub.repositories.set(repository, { commit, files, licence: "cc-by-4.0" })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

const model = { id: "google/gemma-2-2b-it", path: "/nowhere" }
const snapshot = () => join(home, "hub", "models--google--gemma-scope-2b-pt-res", "snapshots", commit)

const resolve = async (scope: Parameters<typeof resolveScope>[0], download: "auto" | "never" = "auto") => {
  const messages: Array<string> = []
  const onProgress = ({ message }: Progress) => void (message !== undefined && messages.push(message))
  return { path: await resolveScope(scope, model, { download, onProgress }), messages }
}

describe("resolveScope", () => {
  it("fetches the canonical autoencoder of a layer once, into Hugging Face's cache, and warns of a base model's", async () => {
    const { messages, path } = await resolve({ layer: 20 })
    assert.strictEqual(path, join(snapshot(), file))
    assert.lengthOf(messages, 1)
    assert.include(messages[0], "trained on gemma-2-2b, not on gemma-2-2b-it")
    const asked = hub.asked.length
    for (const name of ["20-gemmascope-res-16k", "gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical"]) {
      assert.strictEqual((await resolve(name, "never")).path, path)
    }
    assert.lengthOf(hub.asked, asked)
    const { entries } = await openScope(path)
    assert.deepInclude(entries[0], { site: "resid_post", layer: 20, width: 16_384, averageL0: 71 })
  })

  it("opens all of a release that is here, by its name", async () => {
    await resolve({ layer: 20 })
    await resolve({ layer: 20, width: "65k" })
    const { path } = await resolve("gemma-scope-2b-pt-res")
    assert.strictEqual(path, snapshot())
    assert.lengthOf((await openScope(path)).entries, 2)
  })

  it("takes what is on the disk under that name, and leaves to the opening what is nowhere", async () => {
    assert.strictEqual((await resolve(scopeFolder)).path, scopeFolder)
    assert.strictEqual((await resolve("/no/such/folder")).path, "/no/such/folder")
    assert.lengthOf(hub.asked, 0)
  })

  it("knows a model of somebody's own by its shape: the embedded one has nothing of Gemma Scope's", async () => {
    const error = await failureOf(
      resolveScope({ layer: 2 }, { id: "/models/mine", path: gemmaFolder }, { download: "auto" }),
    )
    assert.instanceOf(error, InvalidRequestError)
    assert.include(error.message, "nothing for /models/mine")
  })

  it("says how to get what may not be fetched, and what is not there to be fetched", async () => {
    const never = await failureOf(resolve({ layer: 20 }, "never"))
    assert.instanceOf(never, ScopeFileError)
    assert.include(never.message, "facet scope pull gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical")
    vi.stubEnv("HF_HUB_OFFLINE", "1")
    assert.include(String(await failureOf(resolve({ layer: 20 }))), "HF_HUB_OFFLINE")
    vi.stubEnv("HF_HUB_OFFLINE", "")
    assert.include(String(await failureOf(resolve("gemma-scope-2b-pt-res"))), "nothing of this release")
    assert.instanceOf(await failureOf(resolve({ layer: 3 })), DownloadError)
  })

  it("refuses by its kind what is not read", async () => {
    const error = await failureOf(resolve("gemma-scope-2b-pt-res/embedding/width_4k/average_l0_21"))
    assert.instanceOf(error, ScopeFileError)
    assert.include(error.message, "embedding")
    assert.lengthOf(hub.asked, 0)
  })
})

describe("removeSae", () => {
  it("removes a file and its content, and keeps content that another snapshot has", async () => {
    const sae = catalogue().find((one) => one.repository === repository && one.file === file)!
    await resolve({ layer: 20 })
    assert.deepStrictEqual(
      (await storedSaes()).map((stored) => stored.sae.file),
      [file],
    )
    await removeSae(sae)
    assert.deepStrictEqual(await storedSaes(), [])
    assert.deepStrictEqual(await readdir(join(snapshot(), "..", "..", "blobs")), [])
    assert.instanceOf(await failureOf(removeSae(sae)), ScopeFileError)

    // The same content lies twice in the repository.
    await resolve({ layer: 20 })
    const { path } = await resolve({ layer: 20, width: "65k" })
    await removeSae(sae)
    await access(path)
  })
})
