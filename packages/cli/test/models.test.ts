/** `pull`, `models`, `show` and `rm`, against a hub on this machine. */
import { cp, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gemmaFolder } from "@facet/tiny"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { gitHash, HubServer } from "../../../test/HubServer.ts"
import { facet, facetEnded } from "./facet.ts"
import { hasTerminals, inTerminal } from "./inTerminal.ts"

const id = "google/gemma-2-2b-it"
let hub: HubServer
let home: string
beforeAll(async () => {
  hub = await HubServer.start()
})
afterAll(() => hub[Symbol.asyncDispose]())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-cli-"))
  hub.repositories.clear()
  hub.asked.length = 0
  hub.faults = {}
  const names = (await readdir(gemmaFolder)).filter((name) => name !== "known_logits.json")
  const files = await Promise.all(
    names.map(async (name) => {
      return [name, { bytes: await readFile(join(gemmaFolder, name)), isLarge: name.endsWith(".safetensors") }] as const
    }),
  )
  hub.repositories.set(id, { commit: "a".repeat(40), files: new Map(files), licence: "gemma" })
})
afterEach(() => rm(home, { recursive: true, force: true }))

const environment = () => ({
  HF_ENDPOINT: hub.url,
  HF_HOME: join(home, "hf"),
  FACET_CACHE: join(home, "facet"),
  HF_HUB_CACHE: "",
  HF_HUB_OFFLINE: "",
  HF_TOKEN: "",
})
const run = (...words: ReadonlyArray<string>) => facet(words, { env: environment() })
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

describe("facet pull", () => {
  it("fetches a model, says its licence, and what was fetched opens by its id", async () => {
    const pulled = await run("pull", id, "--json")
    assert.strictEqual(pulled.code, 0, pulled.stderr)
    const { licence, model, path, revision } = JSON.parse(pulled.stdout)
    assert.deepEqual([model, revision, licence], [id, "a".repeat(40), "gemma"])
    assert.isTrue(await isThere(join(path, "config.json")))
    assert.match(
      pulled.stderr,
      /Fetching 7\.0 MB of 7\.\d MB from .*gemma-2-2b-it at a{12}\.\nLicence: the Gemma Terms of Use/,
    )
    hub.faults = { answer: () => ({ status: 500 }) }
    const said = await run("generate", "Tell me a story about a fox.", "--model", id, "--max-tokens", "4", "--json")
    assert.strictEqual(said.code, 0, said.stderr)
  }, 60_000)

  it("packs it as it is told, and the copy made last is opened from then on", async () => {
    const out = join(home, "shipped")
    const pulled = await run("pull", id, "--dtype", "q8", "--block", "32", "--json")
    assert.strictEqual(pulled.code, 0, pulled.stderr)
    const { path, published } = JSON.parse(pulled.stdout)
    assert.notStrictEqual(path, published)
    assert.deepEqual(JSON.parse(await readFile(join(path, "config.json"), "utf8")).facet.quantization, {
      bits: 8,
      blockSize: 32,
    })
    const shipped = await run("pull", id, "--out", out, "--dtype", "q4")
    assert.strictEqual(shipped.stdout, `${out}\n`)
    assert.strictEqual(JSON.parse(await readFile(join(out, "config.json"), "utf8")).facet.quantization.bits, 4)
    const shown = JSON.parse((await run("show", id, "--json")).stdout)
    expect(shown).toMatchObject({
      path: published,
      prepared: { path, dtype: "q8", block: 32 },
      architecture: "Gemma 2",
      known: { parameters: 2_614_341_888 },
    })
  }, 60_000)

  it("keeps what has come when it is ended, and goes on there", async () => {
    const slow = 2_000_000
    hub.asked.length = 0
    hub.faults = { stallAfter: ({ host }) => (host === "cdn" ? slow : undefined) }
    const ended = await facetEnded(["pull", id], environment(), () => hub.asked.some(({ host }) => host === "cdn"))
    assert.strictEqual(ended, 130)
    hub.faults = {}
    hub.asked.length = 0
    const { code, stderr } = await run("pull", id)
    assert.strictEqual(code, 0, stderr)
    const [asked] = hub.asked.filter(({ host }) => host === "cdn")
    assert.strictEqual(asked?.headers.range, `bytes=${slow}-`)
  }, 60_000)

  it.skipIf(!hasTerminals)(
    "asks on a terminal before gigabytes, whatever command wants them",
    async () => {
      hub.faults = {
        answer: ({ path }) => {
          if (!path.includes("/tree/")) return undefined
          const files = [...hub.repositories.get(id)!.files].map(([name, { bytes, isLarge }]) => ({
            type: "file",
            path: name,
            oid: isLarge ? "0".repeat(40) : gitHash(bytes),
            size: isLarge ? 2e9 : bytes.length,
          }))
          return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(files) }
        },
      }
      for (const words of [
        ["pull", id],
        ["generate", "Hello", "--model", id],
      ]) {
        const { code, seen } = await inTerminal([["[y/N]", "n\r"]], words, environment())
        assert.strictEqual(code, 1, seen)
        assert.match(seen, /Fetching 2\.0 GB.*\r\nLicence: the Gemma Terms of Use/)
        assert.include(seen, "Declined: nothing large was fetched")
      }
      assert.isFalse(hub.asked.some(({ host }) => host === "cdn"))
    },
    60_000,
  )

  it("says what is wrong, with exit codes as everywhere", async () => {
    hub.repositories.set(id, { ...hub.repositories.get(id)!, gated: true })
    const [gated, none, usage, block, revisions, missing, noModel] = await Promise.all([
      run("pull", id),
      run("pull", "a/b"),
      run("pull", id, "--dtype", "q5"),
      run("pull", id, "--block", "33"),
      run("pull", `${id}@v1`, "--revision", "v2"),
      run("pull"),
      run("pull", import.meta.dirname),
    ])
    expect(noModel).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/^ModelFileError: .*config.json/),
    })
    expect(gated).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/DownloadError: .*licence.*HF_TOKEN/),
    })
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("no such repository") })
    expect(usage).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--dtype takes one of q4, q4-mixed, q8, int8, f16, f32"),
    })
    expect(block).toMatchObject({ code: 2, stderr: expect.stringContaining("--block takes one of 32, 64, 128") })
    expect(revisions).toMatchObject({ code: 2, stderr: expect.stringContaining("names a revision already") })
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("SOURCE is missing") })
  }, 60_000)
})

describe("facet models and facet rm", () => {
  it("list what there is and remove what is Facet's, and the hub's only when told", async () => {
    const before = JSON.parse((await run("models", "--json")).stdout)
    expect(before).toMatchObject({ published: [], prepared: [] })
    assert.isTrue(before.known.some((model: { id: string }) => model.id === id))
    const { path, published } = JSON.parse((await run("pull", id, "--dtype", "q4", "--json")).stdout)
    const listed = JSON.parse((await run("models", "--json")).stdout)
    expect(listed).toMatchObject({
      published: [{ id, path: published, cache: "hub" }],
      prepared: [{ id, path, dtype: "q4", block: 32 }],
    })
    assert.isAbove(listed.published[0].bytes, 7e6)
    const table = await run("models")
    assert.match(table.stdout, /google\/gemma-2-2b-it +2\.61 B .* here\n/)
    const unasked = await run("rm", id)
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") })
    assert.isTrue(await isThere(path))
    expect(JSON.parse((await run("rm", id, "--yes", "--json")).stdout)).toMatchObject({
      removed: [{ path, what: "packed" }],
    })
    assert.deepEqual([await isThere(path), await isThere(published)], [false, true])
    expect(await run("rm", id, "--yes")).toMatchObject({ code: 1, stderr: expect.stringContaining("--all") })
    expect(await run("rm", id, "--all", "--yes")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Removed 7\.\d MB/),
    })
    assert.isFalse(await isThere(published))
    expect(await run("rm", id, "--all", "--yes")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing of it is kept"),
    })
  }, 60_000)

  it.skipIf(!hasTerminals)(
    "ask on a terminal before they remove",
    async () => {
      const { path } = JSON.parse((await run("pull", id, "--dtype", "q4", "--json")).stdout)
      const kept = await inTerminal([["Remove this? [y/N]", "\r"]], ["rm", id], environment())
      assert.deepEqual([kept.code, await isThere(path)], [1, true], kept.seen)
      const gone = await inTerminal([["Remove this? [y/N]", "y\r"]], ["rm", id], environment())
      assert.deepEqual([gone.code, await isThere(path)], [0, false], gone.seen)
    },
    60_000,
  )

  it("never remove a folder of the user's", async () => {
    const own = join(home, "mine")
    await cp(gemmaFolder, own, { recursive: true })
    const { path } = JSON.parse((await run("pull", own, "--dtype", "q4", "--json")).stdout)
    for (const name of [own, path]) await run("rm", name, "--all", "--yes")
    assert.deepEqual([await isThere(own), await isThere(path)], [true, false])
    expect(await run("rm", own, "--all", "--yes")).toMatchObject({ code: 1 })
    assert.isTrue(await isThere(join(own, "config.json")))
  }, 60_000)
})

describe("facet show", () => {
  it("tells of a known model what it needs, before it is here", async () => {
    const { code, stdout } = await run("show", "google/gemma-2-9b-it")
    assert.strictEqual(code, 0)
    assert.match(stdout, /parameters +9\.24 B\n/)
    assert.match(stdout, /licence +the Gemma Terms of Use/)
    assert.match(stdout, /to fetch +18\.5 GB\n/)
    assert.match(stdout, /as q4 +6\.2 GB on the disk, 6\.2 GB in memory\n/)
  }, 30_000)

  it.each(["tiny", gemmaFolder])(
    "tells of %s what it is",
    async (name) => {
      const { stdout } = await run("show", name, "--json")
      expect(JSON.parse(stdout)).toMatchObject({
        architecture: "Gemma 2",
        layers: 6,
        contextLength: 1024,
        weights: "plain",
        format: "safetensors",
      })
    },
    30_000,
  )
})
