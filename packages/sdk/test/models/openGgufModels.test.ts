/** A GGUF through the whole way of a model: found by its name, packed once, opened, and opened again from the cache. */
import { createHash } from "node:crypto"
import { cp, mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { convertModel } from "@facet/checkpoint"
import { gemmaFolder } from "@facet/tiny"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { Facet } from "../../src/index.ts"
import { listPrepared } from "../../src/models/PreparedModels.node.ts"
import { storedModels } from "../../src/models/storedModels.node.ts"
import type { Progress } from "../../src/words/Progress.ts"
import { HubServer } from "../../../../test/HubServer.ts"
import { failureOf } from "../fixtures/failure.ts"
import { temporaryFolder } from "../fixtures/folders.ts"
import { splitGguf } from "../fixtures/splitGguf.ts"

let hub: HubServer
let files: Awaited<ReturnType<typeof temporaryFolder>>
/** The embedded model as one file. */
let gguf: string
/** What it writes. */
let story: string
beforeAll(async () => {
  hub = await HubServer.start()
  files = await temporaryFolder()
  gguf = join(files.path, "tiny.gguf")
  await convertModel(gemmaFolder, gguf, { dtype: "q8" })
  story = await tell(await Facet.open({ threads: 1 }))
})
afterAll(async () => {
  await hub[Symbol.asyncDispose]()
  await files[Symbol.asyncDispose]()
})

let home: Awaited<ReturnType<typeof temporaryFolder>>
beforeEach(async () => {
  home = await temporaryFolder()
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "")
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", join(home.path, "hf"))
  vi.stubEnv("FACET_CACHE", join(home.path, "facet"))
  vi.stubEnv("OLLAMA_MODELS", join(home.path, "ollama"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await home[Symbol.asyncDispose]()
})

async function tell(facet: Facet): Promise<string> {
  await using open = facet
  return (await open.generate("Tell me a story about a fox.", { maxTokens: 16 })).text
}

/** Opens a model and lets it write. */
async function use(model: string, download: "auto" | "never" = "auto") {
  const told: Array<Progress> = []
  const onProgress = (progress: Progress) => told.push(progress)
  const text = await tell(await Facet.open({ model, shield: "tiny", threads: 1, download, onProgress }))
  return { text, phases: new Set(told.map(({ phase }) => phase)), told }
}

/** Puts the file into a store as `ollama pull` does. */
async function pullWithOllama(name: string, tag: string): Promise<string> {
  const bytes = await readFile(gguf)
  const digest = createHash("sha256").update(bytes).digest("hex")
  const manifests = join(home.path, "ollama", "manifests", "registry.ollama.ai", "library", name)
  const blobs = join(home.path, "ollama", "blobs")
  for (const folder of [manifests, blobs]) await mkdir(folder, { recursive: true })
  const layer = (kind: string, size: number, hash: string) => ({
    mediaType: `application/vnd.ollama.image.${kind}`,
    digest: `sha256:${hash}`,
    size,
  })
  const layers = [layer("model", bytes.length, digest), layer("license", 4, "f".repeat(64))]
  await writeFile(join(manifests, tag), JSON.stringify({ schemaVersion: 2, layers }))
  const blob = join(blobs, `sha256-${digest}`)
  await writeFile(blob, bytes)
  return blob
}

const publish = async (repository: string, file: string): Promise<void> => {
  const content = { bytes: await readFile(gguf), isLarge: true }
  hub.repositories.set(repository, { commit: "a".repeat(40), files: new Map([[file, content]]), licence: "gemma" })
}

/** Each of the ways to name one. */
const ways: ReadonlyArray<readonly [string, () => Promise<string>]> = [
  ["a path", async () => gguf],
  [
    "Ollama's name",
    async () => {
      await pullWithOllama("gemma2", "2b")
      return "ollama:gemma2:2b"
    },
  ],
  [
    "its place in a repository",
    async () => {
      await publish("a/b-GGUF", "tiny-Q8_0.gguf")
      return "hf:a/b-GGUF/tiny-Q8_0.gguf"
    },
  ],
]

describe("a GGUF that was split", () => {
  const part = "tiny-00001-of-00003.gguf"

  it("opens by the path of its first part, and is packed anew when another changes", async () => {
    const [first = "", second = ""] = await splitGguf(gguf, join(home.path, "tiny"), 3)
    assert.strictEqual((await use(first)).text, story)
    assert.isFalse((await use(first)).phases.has("convert"))
    await utimes(second, 1, 1)
    assert.isTrue((await use(first)).phases.has("convert"))
    await rm(second)
    expect(await failureOf(use(first))).toMatchObject({ _tag: "ModelFileError", file: second, problem: "missing" })
  })

  it("is fetched from a repository with all of its parts", async () => {
    const paths = await splitGguf(gguf, join(home.path, "tiny"), 3)
    const contents = await Promise.all(
      paths.map(async (path) => [`q8/${basename(path)}`, { bytes: await readFile(path), isLarge: true }] as const),
    )
    const publish = (files: typeof contents) =>
      hub.repositories.set("a/split", { commit: "b".repeat(40), files: new Map(files), licence: "gemma" })
    publish(contents.slice(0, 2))
    expect(await failureOf(use(`hf:a/split/q8/${part}`))).toMatchObject({
      _tag: "DownloadError",
      problem: "there is no file q8/tiny-00003-of-00003.gguf",
    })
    publish(contents)
    assert.strictEqual((await use(`hf:a/split/q8/${part}`)).text, story)
    const published = (await storedModels()).published.map(({ bytes, id }) => ({ bytes, id }))
    const bytes = contents.reduce((sum, [, file]) => sum + file.bytes.length, 0)
    assert.deepEqual(published, [{ bytes, id: `hf:a/split/q8/${part}` }])
    assert.isFalse((await use(`hf:a/split/q8/${part}`, "never")).phases.has("convert"))
  })
})

describe("a GGUF", () => {
  it.each(ways)("opens by %s: packed once, and from the cache from then on", async (_, name) => {
    const model = await name()
    const first = await use(model)
    assert.strictEqual(first.text, story)
    assert.isTrue(first.phases.has("convert"))
    const [prepared, ...more] = await listPrepared()
    assert.isEmpty(more)
    assert.deepInclude(prepared, { id: model, dtype: "q8", block: 32 })
    const again = await use(model, "never")
    assert.strictEqual(again.text, story)
    assert.deepStrictEqual([...again.phases], ["files", "session", "ready"])
    assert.lengthOf(await listPrepared(), 1)
  })

  it("of Ollama's that is pulled anew under another name is the same one", async () => {
    await pullWithOllama("gemma2", "2b")
    await use("ollama:gemma2:2b")
    await pullWithOllama("gemma2", "latest")
    const { phases } = await use("ollama:gemma2")
    assert.isFalse(phases.has("convert"))
  })

  it("that changes is packed anew", async () => {
    const mine = join(home.path, "mine.gguf")
    await cp(gguf, mine)
    await use(mine)
    await utimes(mine, 1, 1)
    assert.isTrue((await use(mine)).phases.has("convert"))
  })

  it("is packed as it is asked for", async () => {
    await using facet = await Facet.open({ model: gguf, shield: "tiny", threads: 1, dtype: "q4" })
    assert.strictEqual(facet.device.precision, "int4")
    assert.deepInclude((await listPrepared())[0], { dtype: "q4" })
  })

  it("that is cut, or of Ollama's and gone, is a typed error, and nothing is left of it", async () => {
    const blob = await pullWithOllama("gemma2", "2b")
    await writeFile(blob, (await readFile(blob)).subarray(0, 100_000))
    expect(await failureOf(use("ollama:gemma2:2b"))).toMatchObject({ _tag: "ModelFileError", file: blob })
    await rm(blob)
    expect(await failureOf(use("ollama:gemma2:2b"))).toMatchObject({ _tag: "ModelFileError", problem: "missing" })
    assert.isEmpty(await listPrepared())
  })
})
