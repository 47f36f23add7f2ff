/** Models by all their names: found, fetched from a hub on this machine, packed once. */
import { spawn } from "node:child_process"
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { Facet } from "../../src/index.ts"
import { locateModel } from "../../src/models/locateModel.node.ts"
import { prepareModel } from "../../src/models/prepareModel.node.ts"
import { resolveModel, type ResolveOptions } from "../../src/models/resolveModel.node.ts"
import { listPrepared } from "../../src/models/PreparedModels.node.ts"
import type { Progress } from "../../src/words/Progress.ts"
import { HubServer } from "../../../../test/HubServer.ts"
import { failureOf } from "../fixtures/failure.ts"
import { converted } from "../fixtures/folders.ts"

const id = "google/gemma-2-2b-it"
let hub: HubServer
let home: string
/** The embedded model in bf16, as somebody might publish it. */
let published: string
beforeAll(async () => {
  hub = await HubServer.start()
  published = await converted(await mkdtemp(join(tmpdir(), "facet-published-")), "BF16", 2)
})
afterAll(async () => {
  await hub[Symbol.asyncDispose]()
  await rm(published, { recursive: true })
})
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-models-"))
  for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_HUB_OFFLINE"]) vi.stubEnv(name, "")
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HOME", join(home, "hf"))
  vi.stubEnv("FACET_CACHE", join(home, "facet"))
  hub.repositories.clear()
  hub.asked.length = 0
  hub.faults = {}
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

const publish = async (name = id): Promise<string> => {
  const files = new Map(
    await Promise.all(
      (await readdir(published)).map(
        async (file) =>
          [file, { bytes: await readFile(join(published, file)), isLarge: file.endsWith(".safetensors") }] as const,
      ),
    ),
  )
  const commit = "a".repeat(40)
  hub.repositories.set(name, { commit, files, licence: "gemma" })
  return join(home, "hf", "hub", `models--${name.replace("/", "--")}`, "snapshots", commit)
}

const resolve = (text: string, options: Partial<ResolveOptions> = {}) =>
  resolveModel(text, { download: "auto", packing: "auto", ...options })

/** Files of a model, with nothing in them. */
const writeSnapshot = async (folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true })
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) await writeFile(join(folder, name), "{}")
  return folder
}

describe("a model that is here", () => {
  it("may be a folder, which wins over an id that is spelt alike", async () => {
    assert.strictEqual(await resolve(home), home)
    await mkdir(join(home, "google", "gemma-2-2b-it"), { recursive: true })
    const cwd = vi.spyOn(process, "cwd").mockReturnValue(home)
    assert.strictEqual(await resolve(id), join(home, id))
    cwd.mockRestore()
  })

  it("may be the snapshot that refs/main names, else the newest that is whole, of the Hugging Face cache", async () => {
    const repository = join(home, "hf", "hub", "models--google--gemma-2-2b-it")
    const [old, young] = await Promise.all(
      ["aaa", "bbb"].map((name) => writeSnapshot(join(repository, "snapshots", name))),
    )
    await mkdir(join(repository, "snapshots", "ccc"))
    await writeFile(join(repository, "snapshots", ".DS_Store"), "")
    await utimes(old!, 1, 1)
    assert.strictEqual(await resolve(id), young)
    await mkdir(join(repository, "refs"))
    await writeFile(join(repository, "refs", "main"), "aaa")
    vi.stubEnv("HF_HUB_CACHE", join(home, "hf", "hub"))
    assert.strictEqual(await resolve(id), old)
  })

  it.each(["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])("is looked for where %s says", async (variable) => {
    vi.stubEnv(variable, home)
    const snapshot = await writeSnapshot(join(home, "models--a--b", "snapshots", "ccc"))
    assert.strictEqual(await resolve("a/b"), snapshot)
  })

  it("is looked for where XDG_CACHE_HOME says", async () => {
    vi.stubEnv("HF_HOME", "")
    vi.stubEnv("XDG_CACHE_HOME", home)
    const snapshot = await writeSnapshot(join(home, "huggingface", "hub", "models--a--b", "snapshots", "ccc"))
    assert.strictEqual(await resolve("a/b"), snapshot)
  })

  it("is of the revision that is named: a branch, a tag or a commit", async () => {
    vi.stubEnv("HF_HUB_CACHE", home)
    const copies = join(home, "models--a--b")
    for (const commit of ["c1", "c2"]) await writeSnapshot(join(copies, "snapshots", commit))
    await mkdir(join(copies, "refs", "refs", "pr"), { recursive: true })
    await writeFile(join(copies, "refs", "main"), "c1")
    await writeFile(join(copies, "refs", "v2"), "c2\n")
    await writeFile(join(copies, "refs", "refs", "pr", "3"), "c2")
    for (const revision of ["v2", "c2", "refs/pr/3"]) {
      assert.strictEqual(await resolve(`a/b@${revision}`), join(copies, "snapshots", "c2"))
    }
    expect(await failureOf(resolve("a/b@v9", { download: "never" }))).toMatchObject({
      _tag: "ModelNotFoundError",
      remedy: expect.stringContaining("facet pull a/b@v9"),
    })
  })
})

describe("a model that is not here", () => {
  it("is fetched, opens and answers", async () => {
    await publish()
    const told: Array<Progress> = []
    await using facet = await Facet.open({
      model: id,
      shield: "tiny",
      threads: 1,
      onProgress: (part) => told.push(part),
    })
    assert.strictEqual(facet.model, id)
    const { text } = await facet.generate("Tell me a story about a fox.", { maxTokens: 8 })
    assert.isAbove(text.length, 5)
    const phases = [...new Set(told.map(({ phase }) => phase))]
    assert.deepEqual(phases, ["download", "files", "session", "ready"])
  })

  it.each([
    ["download", { download: "never" as const }, ""],
    ["HF_HUB_OFFLINE", {}, "1"],
    ["TRANSFORMERS_OFFLINE", {}, "yes"],
  ])("is not fetched where %s forbids it, and the error says how to get it", async (variable, options, value) => {
    if (value !== "") vi.stubEnv(variable, value)
    await publish()
    expect(await failureOf(resolve(id, options))).toMatchObject({
      _tag: "ModelNotFoundError",
      remedy: expect.stringContaining(`facet pull ${id}`),
    })
    assert.lengthOf(hub.asked, 0)
  })

  it("is a typed error for a path that is not there, or is no model", async () => {
    for (const [path, problem] of [
      [join(home, "none"), "there is no folder"],
      [join(home, "none.gguf"), "there is no file"],
      [join(published, "config.json"), "neither a folder nor a .gguf"],
    ] as const) {
      expect(await failureOf(resolve(path))).toMatchObject({
        _tag: "ModelNotFoundError",
        problem: expect.stringContaining(problem),
      })
    }
  })

  it("says how a file of gemma.cpp's or of Keras's becomes a folder that opens", async () => {
    for (const name of ["2b-it-sfp.sbs", "model.weights.h5"]) {
      await writeFile(join(home, name), "")
      expect(await failureOf(resolve(join(home, name)))).toMatchObject({
        _tag: "ModelNotFoundError",
        remedy: expect.stringContaining("facet convert"),
      })
    }
  })

  it("can be given up while it is fetched", async () => {
    await publish()
    hub.faults = { delayMs: ({ host }) => (host === "cdn" ? 60_000 : 0) }
    const reason = new Error("enough")
    const aborting = new AbortController()
    const opening = failureOf(Facet.open({ model: id, signal: aborting.signal }))
    await vi.waitUntil(() => hub.asked.some(({ host }) => host === "cdn"), { timeout: 20_000 })
    aborting.abort(reason)
    assert.strictEqual(await opening, reason)
  })
})

describe("a model of large plain weights", () => {
  const small: Partial<ResolveOptions> = { packAbove: 1000 }

  it("is packed once, and the progress says so", async () => {
    await publish()
    const told: Array<Progress> = []
    const path = await resolve(id, { ...small, onProgress: (progress) => told.push(progress) })
    assert.isTrue(path.startsWith(join(home, "facet", "models")), path)
    const { bits, blockSize } = JSON.parse(await readFile(join(path, "config.json"), "utf8")).facet.quantization
    const packing = told.filter(({ phase }) => phase === "convert")
    assert.match(packing[0]?.message ?? "", /7\.0 MB of weights are packed once and kept in .*facet/)
    assert.strictEqual(packing.at(-1)?.loadedBytes, packing.at(-1)?.totalBytes)
    const before = await stat(join(path, "config.json"))
    assert.strictEqual(await resolve(id, { ...small, download: "never" }), path)
    assert.strictEqual((await stat(join(path, "config.json"))).mtimeMs, before.mtimeMs)
    const [record] = await listPrepared()
    assert.deepInclude(record, { id, revision: "a".repeat(40), licence: "gemma", dtype: `q${bits}`, block: blockSize })
  })

  it("is opened as its packed copy where what that was made of is gone", async () => {
    await publish()
    const path = await resolve(id, small)
    await rm(join(home, "hf"), { recursive: true })
    hub.asked.length = 0
    for (const name of [id, `hf:${id}`, `${id}@${"a".repeat(40)}`]) assert.strictEqual(await resolve(name, small), path)
    assert.lengthOf(hub.asked, 0)
    expect(await failureOf(resolve(`${id}@v2`, { download: "never" }))).toMatchObject({ _tag: "ModelNotFoundError" })
  })

  it("is left as it is where that is wanted, and where it is small", async () => {
    const snapshot = await publish()
    assert.strictEqual(await resolve(id, { ...small, packing: "as-published" }), snapshot)
    assert.strictEqual(await resolve(id), snapshot)
  })

  it("is packed as it is asked for, however small it is", async () => {
    await publish()
    const q8 = await resolve(id, { packing: "q8" })
    assert.deepInclude(await listPrepared().then(([record]) => record), { path: q8, dtype: "q8" })
    const q4 = await resolve(id, { packing: "q4" })
    assert.notStrictEqual(q4, q8)
    // Each is found again, here where nothing else is left of the model.
    await rm(join(home, "hf"), { recursive: true })
    assert.strictEqual(await resolve(id, { packing: "q8", download: "never" }), q8)
    assert.strictEqual(await resolve(id, { packing: "q4", download: "never" }), q4)
    expect(await failureOf(resolve(id, { packing: "int8", download: "never" }))).toMatchObject({
      _tag: "ModelNotFoundError",
    })
    expect(await failureOf(resolve(q8, { packing: "q4" }))).toMatchObject({ _tag: "InvalidRequestError" })
  })

  it("is opened as the copy that was made last, however small it is", async () => {
    const located = (await locateModel(published, { kind: "path", path: published }))!
    const q8 = await prepareModel(located, { dtype: "q8", block: 64 })
    assert.strictEqual(await resolve(published), q8)
    const q4 = await prepareModel(located, { dtype: "q4" })
    assert.strictEqual(await resolve(published), q4)
    assert.strictEqual(await prepareModel(located, { dtype: "q8" }), q8)
  })

  it("is packed anew when its files change", async () => {
    const folder = join(home, "mine")
    await cp(published, folder, { recursive: true })
    const first = await resolve(folder, small)
    assert.strictEqual(await resolve(folder, small), first)
    await utimes(join(folder, "config.json"), 1, 1)
    assert.notStrictEqual(await resolve(folder, small), first)
  })

  it("is packed once by two processes", async () => {
    const module = new URL("../../src/models/resolveModel.node.ts", import.meta.url).href
    const code = `
      const { resolveModel } = await import(${JSON.stringify(module)})
      const told = []
      const path = await resolveModel(${JSON.stringify(published)}, { download: "auto", packing: "auto", packAbove: 1000, onProgress: ({ phase }) => told.push(phase) })
      process.stdout.write(JSON.stringify({ path, told: [...new Set(told)] }))`
    const run = () =>
      new Promise<{ path: string; told: ReadonlyArray<string> }>((done, fail) => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
          stdio: ["ignore", "pipe", "inherit"],
        })
        let said = ""
        child.stdout.on("data", (data) => (said += String(data)))
        child.on("close", (exit) => (exit === 0 ? done(JSON.parse(said)) : fail(new Error(`exit ${exit}`))))
      })
    const [first, second] = await Promise.all([run(), run()])
    assert.strictEqual(first.path, second.path)
    assert.lengthOf(
      [first, second].filter(({ told }) => told.includes("convert")),
      1,
    )
  })

  it("leaves nothing that opens when it is given up", async () => {
    const aborting = new AbortController()
    const reason = new Error("enough")
    const onProgress = ({ loadedBytes, phase }: Progress) =>
      phase === "convert" && loadedBytes > 0 && aborting.abort(reason)
    assert.strictEqual(await failureOf(resolve(published, { ...small, signal: aborting.signal, onProgress })), reason)
    assert.deepEqual(await listPrepared(), [])
    assert.isTrue((await resolve(published, small)).startsWith(home))
  })
})

describe("options of opening", () => {
  it.each([
    [{ download: "sometimes" }, "download"],
    [{ precision: "int4" }, "precision"],
    [{ precision: "f16" }, "precision"],
    [{ dtype: "q5", model: "a/b" }, "dtype"],
    [{ dtype: "q4" }, "dtype"],
    [{ dtype: "q4", precision: "as-published", model: "a/b" }, "dtype"],
  ])("that make no sense on Node are refused: %o", async (options, option) => {
    // What somebody without types might write.
    expect(await failureOf(Facet.open(options as object))).toMatchObject({ _tag: "InvalidRequestError", option })
  })

  it("leave a model as it was published", async () => {
    await using facet = await Facet.open({ model: published, shield: "tiny", precision: "as-published", threads: 1 })
    assert.strictEqual(facet.model, published)
  })
})

describe("a folder of the cache", () => {
  it("that was moved away is made anew", async () => {
    const path = await resolve(published, { packAbove: 1000 })
    await rename(path, join(home, "elsewhere"))
    assert.strictEqual(await resolve(published, { packAbove: 1000 }), path)
    assert.isTrue((await stat(join(path, "config.json"))).isFile())
  })
})

describe("a guard", () => {
  const dtypes = async () => (await listPrepared()).map(({ dtype }) => dtype)

  it("is packed in 8 bits: when it is known as one, and when it is opened as one", async () => {
    await publish("google/shieldgemma-2b")
    await resolve("google/shieldgemma-2b", { packAbove: 0 })
    assert.deepStrictEqual(await dtypes(), ["int8"])
    await publish("someone/judge")
    await resolve("someone/judge", { packAbove: 0, use: "guard" })
    assert.deepStrictEqual(await dtypes(), ["int8", "int8"])
  })

  it("is packed as it is wanted, and the copy that is there is taken", async () => {
    await publish("google/shieldgemma-2b")
    const path = await resolve("google/shieldgemma-2b", { packing: "q4" })
    assert.deepStrictEqual(await dtypes(), ["q4"])
    assert.strictEqual(await resolve("google/shieldgemma-2b", { packAbove: 0 }), path)
  })
})
