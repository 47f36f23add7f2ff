/** Models that come from elsewhere than the Hub: web servers, Kaggle, Ollama's store. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { facetCache } from "../../../src/files/hub/facetCache.node.ts"
import { findOllama } from "../../../src/files/hub/findOllama.node.ts"
import { findKaggle, pullKaggle } from "../../../src/files/hub/pullKaggle.node.ts"
import { findUrl, pullUrl } from "../../../src/files/hub/pullUrl.node.ts"
import {
  type KaggleSource,
  type OllamaSource,
  readModelSource,
  type UrlSource,
} from "../../../src/files/hub/ModelSource.ts"
import { failureOf } from "../../fixtures/failure.ts"
import { type Behaviour, startModelHost } from "../../browser/files/modelHost.ts"

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "facet-sources-"))
  vi.stubEnv("FACET_CACHE", home)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})
const quick = { retryDelaysMs: [1, 1], stallMs: 2000 }
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

describe("Facet's cache", () => {
  it.each<[Record<string, string>, NodeJS.Platform, RegExp]>([
    [{ FACET_CACHE: "/a/b" }, "linux", /^\/a\/b$/],
    [{ XDG_CACHE_HOME: "/x" }, "linux", /^\/x\/facet$/],
    [{}, "linux", /\/\.cache\/facet$/],
    [{}, "darwin", /\/Library\/Caches\/facet$/],
    [{ LOCALAPPDATA: "/l" }, "win32", /^\/l\/facet$/],
  ])("lies where %o on %s says", (env, platform, path) => {
    assert.match(facetCache(env, platform), path)
  })
})

describe("a web server's folder", () => {
  let host: Awaited<ReturnType<typeof startModelHost>>
  beforeAll(async () => {
    host = await startModelHost()
  })
  afterAll(() => host.close())
  const hosted = async (behaviour: Behaviour) => {
    const answer = await fetch(`${host.url}/control`, { method: "POST", body: JSON.stringify(behaviour) })
    // What the host answers there.
    return (await answer.json()) as { id: number; url: string; files: Record<string, { sha256: string }> }
  }
  const source = (url: string): UrlSource => readModelSource(url) as UrlSource

  it.each<[string, Behaviour]>([
    ["a good host", { shards: 2 }],
    ["a host without ranges", { ranges: false }],
    ["a host that knows no HEAD", { head: false }],
    ["a host whose connection breaks twice", { breakAfter: 100_000, breaks: 2 }],
  ])("is fetched whole from %s, once", async (_, behaviour) => {
    const { files, url } = await hosted({ ...behaviour, weightsBytes: 300_000 })
    const address = `${url}?token=secret`
    assert.isUndefined(await findUrl(source(address)))
    const { path } = await pullUrl(source(address), quick)
    for (const name of await readdir(path))
      assert.strictEqual(sha256(await readFile(join(path, name))), files[name]?.sha256, name)
    assert.strictEqual(await findUrl(source(address)), path)
    for (const name of await readdir(home, { recursive: true })) assert.notInclude(name, "secret")
    assert.notInclude(await readFile(`${path}.json`, "utf8"), "secret")
  })

  it("comes over several connections where it is large", async () => {
    const { files, id, url } = await hosted({ weightsBytes: 300_000 })
    const { path } = await pullUrl(source(url), { ...quick, rangeBytes: 40_000 })
    const weights = "model.safetensors"
    assert.strictEqual(sha256(await readFile(join(path, weights))), files[weights]?.sha256)
    // What the host sends as its log.
    const log = (await (await fetch(`${host.url}/log/${id}`)).json()) as ReadonlyArray<{ file: string; range?: string }>
    const ranges = log.filter(({ file, range }) => file === weights && /-\d+$/.test(range ?? ""))
    assert.lengthOf(new Set(ranges.map(({ range }) => range)), Math.ceil(300_000 / 40_000))
  })

  it("has a split GGUF's parts beside the one that is named, behind the same query", async () => {
    const parts = [1, 2].map((part) => `x-0000${part}-of-00002.gguf`)
    const contents = Object.fromEntries(parts.map((name) => [name, `GGUF ${name}`]))
    const { id, url } = await hosted({ contents })
    const { path } = await pullUrl(source(`${url}${parts[0]}?token=secret`), quick)
    assert.strictEqual(path.split(/[\\/]/).at(-1), parts[0])
    for (const name of parts) assert.strictEqual(await readFile(join(path, "..", name), "utf8"), `GGUF ${name}`)
    assert.strictEqual(await findUrl(source(`${url}${parts[0]}?token=secret`)), path)
    const log = (await (await fetch(`${host.url}/log/${id}`)).json()) as ReadonlyArray<{ file: string }>
    assert.includeMembers(
      log.map(({ file }) => file),
      parts,
    )
  })

  it("is a typed error where there is none", async () => {
    const { url } = await hosted({})
    expect(await failureOf(pullUrl(source(`${url}nowhere/`), quick))).toMatchObject({
      _tag: "DownloadError",
      problem: expect.stringContaining("holds no model"),
    })
    expect(await failureOf(pullUrl(source("http://127.0.0.1:9/gemma/?token=secret"), quick))).toMatchObject({
      _tag: "DownloadError",
      url: expect.not.stringContaining("secret"),
      problem: "127.0.0.1:9 does not answer",
    })
  })
})

/** Kaggle's API, and the store that it sends downloads to. */
class Kaggle implements AsyncDisposable {
  readonly asked: Array<{ readonly host: string; readonly path: string; readonly login: string | undefined }> = []
  readonly files = new Map<string, Buffer>()
  status: number | undefined
  readonly #api: Server
  readonly #store: Server

  constructor() {
    const record = (host: string, { headers, url = "" }: IncomingMessage) => {
      this.asked.push({ host, path: url, login: headers.authorization })
      return new URL(url, "http://x")
    }
    this.#store = createServer((request, response) => {
      const name = record("store", request).pathname.slice(1)
      response.end(this.files.get(decodeURIComponent(name)))
    })
    this.#api = createServer((request, response) => {
      const url = record("api", request)
      const send = (value: object) => {
        response.setHeader("content-type", "application/json")
        response.end(JSON.stringify(value))
      }
      if (this.status !== undefined) return void response.writeHead(this.status).end()
      const [, route = "", rest = ""] =
        /^\/api\/v1\/models\/google\/gemma-2\/transformers\/gemma-2-2b-it\/([^/]+)(.*)$/.exec(url.pathname) ?? []
      if (route === "get") return send({ versionNumber: 2 })
      if (rest === "/files") {
        const all = [...this.files].map(([name, bytes]) => ({ name, size: bytes.length }))
        const second = url.searchParams.get("page_token") === "next"
        return send(second ? { files: all.slice(2) } : { files: all.slice(0, 2), nextPageToken: "next" })
      }
      const name = /^\/download\/(.+)$/.exec(rest)?.[1]
      if (name === undefined) return void response.writeHead(404).end()
      response
        .writeHead(302, { location: `http://127.0.0.1:${(this.#store.address() as AddressInfo).port}/${name}` })
        .end()
    })
  }

  async listen(): Promise<string> {
    for (const server of [this.#api, this.#store])
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    return `http://127.0.0.1:${(this.#api.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#api, this.#store]) {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
}

describe("a model of Kaggle's", () => {
  const source = readModelSource("kaggle:google/gemma-2/transformers/gemma-2-2b-it") as KaggleSource
  const open = async () => {
    const kaggle = new Kaggle()
    vi.stubEnv("KAGGLE_API_ENDPOINT", await kaggle.listen())
    for (const name of ["KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"]) vi.stubEnv(name, "")
    vi.stubEnv("KAGGLE_CONFIG_DIR", home)
    for (const name of ["config.json", "tokenizer.json"]) kaggle.files.set(name, Buffer.from('{"a":1}'))
    const header = Buffer.from("{}      ")
    kaggle.files.set(
      "model.safetensors",
      Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]), header, Buffer.alloc(500, 7)]),
    )
    return kaggle
  }

  it("is its newest version, fetched once", async () => {
    await using kaggle = await open()
    const { path, revision } = await pullKaggle(source, quick)
    assert.strictEqual(revision, "2")
    for (const [name, bytes] of kaggle.files) assert.isTrue(bytes.equals(await readFile(join(path, name))), name)
    for (const version of [undefined, 2]) assert.strictEqual(await findKaggle({ ...source, version }), path)
    assert.isUndefined(await findKaggle({ ...source, version: 1 }))
    kaggle.asked.length = 0
    await pullKaggle({ ...source, version: 2 }, quick)
    assert.lengthOf(kaggle.asked, 0)
  })

  it.each<[string, Record<string, string>, string]>([
    ["a token", { KAGGLE_API_TOKEN: "KGAT_1" }, "Bearer KGAT_1"],
    ["a name and a key", { KAGGLE_USERNAME: "me", KAGGLE_KEY: "k" }, `Basic ${btoa("me:k")}`],
    ["kaggle.json", {}, `Basic ${btoa("you:j")}`],
  ])("is asked for with %s, which no other host learns", async (_, env, login) => {
    await using kaggle = await open()
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    await writeFile(join(home, "kaggle.json"), JSON.stringify({ username: "you", key: "j" }))
    await pullKaggle(source, quick)
    assert.isTrue(kaggle.asked.filter(({ host }) => host === "api").every((asked) => asked.login === login))
    assert.isTrue(kaggle.asked.filter(({ host }) => host === "store").every((asked) => asked.login === undefined))
  })

  it.each([
    [401, "", /nobody is logged in/, /KAGGLE_API_TOKEN, or KAGGLE_USERNAME and KAGGLE_KEY/],
    [403, "", /nobody is logged in/, /accept the licence/],
    [403, "KGAT_1", /licence has not been accepted/, /Visit the page/],
    [404, "KGAT_1", /no such model/, /how it is written/],
    [500, "", /500/, /Check the network/],
  ])("is refused with %i (login: %o), and the error says what to do", async (status, token, problem, remedy) => {
    await using kaggle = await open()
    vi.stubEnv("KAGGLE_API_TOKEN", token)
    kaggle.status = status
    expect(await failureOf(pullKaggle(source, quick))).toMatchObject({
      _tag: "DownloadError",
      url: expect.stringContaining("/models/google/gemma-2"),
      problem: expect.stringMatching(problem),
      remedy: expect.stringMatching(remedy),
    })
  })

  it("may not be written outside of its folder", async () => {
    await using kaggle = await open()
    kaggle.files.set("../evil.json", Buffer.from("{}"))
    expect(await failureOf(pullKaggle(source, quick))).toMatchObject({
      _tag: "DownloadError",
      problem: expect.stringContaining("no path inside"),
    })
  })
})

describe("a model of Ollama's", () => {
  const digest = "d".repeat(64)
  const layer = (mediaType: string, hash = digest) => ({
    mediaType: `application/vnd.ollama.image.${mediaType}`,
    digest: `sha256:${hash}`,
    size: 4,
  })
  const find = (text: string) => findOllama(text, readModelSource(text) as OllamaSource)
  const store = async (layers: unknown, tag = "2b") => {
    vi.stubEnv("OLLAMA_MODELS", home)
    const manifests = join(home, "manifests", "registry.ollama.ai", "library", "gemma2")
    await mkdir(manifests, { recursive: true })
    await mkdir(join(home, "blobs"), { recursive: true })
    await writeFile(
      join(manifests, tag),
      typeof layers === "string" ? layers : JSON.stringify({ schemaVersion: 2, layers }),
    )
    await writeFile(join(home, "blobs", `sha256-${digest}`), "GGUF")
  }

  it("is read in place", async () => {
    await store([layer("model"), layer("template", "e".repeat(64)), layer("license", "f".repeat(64))])
    assert.deepEqual(await find("ollama:gemma2:2b"), { path: join(home, "blobs", `sha256-${digest}`), sha256: digest })
  })

  it("is a typed error where there is none, and says which there are", async () => {
    await store([layer("model")])
    expect(await failureOf(find("ollama:gemma2"))).toMatchObject({
      _tag: "ModelNotFoundError",
      remedy: "There is :2b.",
    })
    expect(await failureOf(find("ollama:gemma3:1b"))).toMatchObject({
      _tag: "ModelNotFoundError",
      remedy: expect.stringContaining("ollama pull gemma3:1b"),
    })
  })

  it.each<[string, unknown, RegExp]>([
    ["has an adapter", [layer("model"), layer("adapter")], /adapter/],
    ["has no weights", [layer("template")], /names 0 models/],
    ["has weights twice", [layer("model"), layer("model")], /names 2 models/],
    ["has a digest that leads elsewhere", [{ ...layer("model"), digest: "sha256:../../x" }], /not one/],
    ["has lost its weights", [layer("model", "a".repeat(64))], /missing/],
    ["has a broken manifest", "{", /no manifest/],
    ["has a manifest of another kind", "[]", /no manifest/],
  ])("is a typed error when it %s", async (_, layers, problem) => {
    await store(layers)
    expect(await failureOf(find("ollama:gemma2:2b"))).toMatchObject({
      _tag: "ModelFileError",
      problem: expect.stringMatching(problem),
    })
  })
})
