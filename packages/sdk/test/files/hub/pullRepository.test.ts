/** Downloads from a hub that speaks the real one's routes, on two hosts of this machine. */
import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { tries } from "../../../../../test/campaign.ts"
import { HubCache } from "../../../src/files/hub/HubCache.node.ts"
import { pullRepository } from "../../../src/files/hub/pullRepository.node.ts"
import { readModelSource, type HubSource } from "../../../src/files/hub/ModelSource.ts"
import type { PullOptions } from "../../../src/files/hub/PullOptions.ts"
import type { Progress } from "../../../src/words/Progress.ts"
import { failureOf } from "../../fixtures/failure.ts"
import { type HostedRepository, HubServer, safetensors, sha256 } from "../../../../../test/HubServer.ts"

const id = "google/gemma-2-2b-it"
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]

/** In memory where the system has such a place: each file is flushed to its disk, and there are thousands here. */
const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

let hub: HubServer
let cache: string
beforeAll(async () => {
  hub = await HubServer.start()
})
afterAll(() => hub[Symbol.asyncDispose]())
beforeEach(async () => {
  cache = await mkdtemp(join(scratch, "facet-hub-"))
  vi.stubEnv("HF_ENDPOINT", hub.url)
  vi.stubEnv("HF_HUB_CACHE", cache)
  vi.stubEnv("HF_HOME", cache)
  vi.stubEnv("HF_TOKEN", "")
  hub.repositories.clear()
  hub.asked.length = 0
  hub.faults = {}
  hub.mostAtOnce = 0
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true, force: true })
})

const pull = (text: string = id, options: PullOptions = {}) => {
  const source = readModelSource(text) as HubSource
  return pullRepository(source, { retryDelaysMs: [1, 1, 1], stallMs: 2000, ...options })
}

const assertWhole = async (folder: string, { files }: HostedRepository, names: ReadonlyArray<string> = shards) => {
  for (const name of names) {
    assert.strictEqual(sha256(await readFile(join(folder, name))), sha256(files.get(name)!.bytes), name)
  }
}

const leftovers = async (): Promise<ReadonlyArray<string>> =>
  (await readdir(cache, { recursive: true })).filter((name) => /facet-part|\.lock$|takeover/.test(name))

/** A machine may be busy with something else. */
const patiently = { timeout: 20_000 }

describe("a repository that is pulled", () => {
  it("is a snapshot of links to blobs, with the files of a model and no others", async () => {
    const repository = hub.publish(id)
    const { licence, path, revision } = await pull()
    assert.strictEqual(path, join(cache, "models--google--gemma-2-2b-it", "snapshots", repository.commit))
    assert.deepEqual([licence, revision], ["gemma", repository.commit])
    assert.deepEqual((await readdir(path)).toSorted(), [
      "config.json",
      "generation_config.json",
      ...shards,
      "model.safetensors.index.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ])
    await assertWhole(path, repository, [...shards, "config.json", "tokenizer.json"])
    assert.strictEqual(
      await readlink(join(path, shards[0]!)),
      `../../blobs/${sha256(repository.files.get(shards[0]!)!.bytes)}`,
    )
    assert.strictEqual(
      await readFile(join(cache, "models--google--gemma-2-2b-it", "refs", "main"), "utf8"),
      repository.commit,
    )
    assert.deepEqual(await leftovers(), [])
  })

  it("is found again, at any of its names, without a request", async () => {
    const { commit } = hub.publish(id)
    const { path } = await pull(`${id}@v1`)
    hub.asked.length = 0
    for (const revision of [undefined, "v1", commit]) assert.strictEqual(await new HubCache(id).find(revision), path)
    assert.isUndefined(await new HubCache(id).find("main"))
    assert.lengthOf(hub.asked, 0)
  })

  it("is fetched once: another pull asks what there is, and sends for nothing", async () => {
    hub.publish(id)
    await pull()
    hub.asked.length = 0
    await pull()
    assert.isTrue(hub.asked.every(({ path }) => path.startsWith("/api/")))
  })

  it("shares with the next commit what did not change", async () => {
    const first = hub.publish(id)
    const { path: before } = await pull()
    const next = { ...first, commit: "b".repeat(40), files: new Map(first.files) }
    next.files.set("config.json", { bytes: Buffer.from('{"changed":true}'), isLarge: false })
    hub.repositories.set(id, next)
    hub.asked.length = 0
    const { path } = await pull()
    assert.notStrictEqual(path, before)
    assert.deepEqual(
      hub.asked
        .filter(({ path: asked }) => !asked.startsWith("/api/"))
        .map(({ path: asked }) => asked.split("/").at(-1)),
      ["config.json"],
    )
    await assertWhole(path, next)
  })

  it("may be one .gguf of a repository, in a folder of it", async () => {
    const bytes = Buffer.concat([Buffer.from("GGUF"), safetensors(3000, 7)])
    const repository = hub.publish("bartowski/gemma-2-2b-it-GGUF", { extra: { "q4/gemma Q4_0.gguf": bytes } })
    const { path } = await pull("hf:bartowski/gemma-2-2b-it-GGUF/q4/gemma Q4_0.gguf")
    assert.strictEqual(path.split("snapshots/")[1], `${repository.commit}/q4/gemma Q4_0.gguf`)
    assert.strictEqual(sha256(await readFile(path)), sha256(bytes))
  })

  it("tells how far it has come, how fast and for how long still", async () => {
    hub.publish(id)
    const told: Array<Progress> = []
    await pull(id, { onProgress: (progress) => told.push(progress) })
    const last = told.at(-1)
    assert.strictEqual(last?.phase, "download")
    assert.strictEqual(last?.loadedBytes, last?.totalBytes)
    assert.strictEqual(last?.source, "network")
    assert.isTrue(told.some(({ bytesPerSecond }) => (bytesPerSecond ?? 0) > 0))
    assert.isTrue(told.some(({ secondsLeft }) => secondsLeft !== undefined))
  })

  it("says what it is about to do before anything large is fetched", async () => {
    const { files } = hub.publish(id)
    const stop = new Error("no")
    const onPlan = vi.fn(() => {
      throw stop
    })
    assert.strictEqual(await failureOf(pull(id, { onPlan })), stop)
    const weights = shards.reduce((sum, name) => sum + files.get(name)!.bytes.length, 0)
    expect(onPlan).toHaveBeenCalledWith(
      expect.objectContaining({ page: `${hub.url}/${id}`, licence: "gemma", missingBytes: weights }),
    )
    assert.isTrue(hub.asked.every(({ host }) => host === "hub"))
  })
})

describe("a download that is cut", () => {
  it("ends in the same bytes after any cuts, and fetches what it has once", async () => {
    const repository = hub.publish(id, { weightsBytes: 20_000 })
    const runs = tries(30, 2000)
    let seed = 1
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    let cuts = 0
    for (let run = 0; run < runs; run++) {
      // Two in three connections break somewhere; now and then the whole process gives up and another goes on.
      hub.faults = {
        cut: () => {
          if (random(3) === 0) return undefined
          cuts++
          return random(22_000)
        },
      }
      const retryDelaysMs = random(2) === 0 ? [] : [0, 0]
      // Every other one comes over several connections.
      const rangeBytes = random(2) === 0 ? 1000 + random(5000) : undefined
      for (let attempt = 0; ; attempt++) {
        const outcome = await pull(id, { retryDelaysMs, rangeBytes }).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) break
        assert.include(String(outcome), "DownloadError")
        assert.isBelow(attempt, 200)
      }
      await assertWhole(new HubCache(id).snapshot(repository.commit), repository)
      assert.deepEqual(await leftovers(), [])
      await rm(cache, { recursive: true, force: true })
    }
    assert.isAbove(cuts, runs)
    console.log(`${runs} downloads, ${cuts} cuts, each with the right SHA-256`)
  })

  it("goes on where it was, with the version that it was of", async () => {
    const repository = hub.publish(id)
    hub.faults = {
      cutAfterMs: 500,
      cut: ({ host, headers }) => (host === "cdn" && headers.range === "bytes=0-" ? 10_000 : undefined),
    }
    const { path } = await pull()
    await assertWhole(path, repository)
    const resumed = hub.asked.filter(({ headers, host }) => host === "cdn" && headers.range === "bytes=10000-")
    assert.lengthOf(resumed, 2)
    assert.isTrue(resumed.every(({ headers }) => String(headers["if-range"]).startsWith('"cdn-')))
  })

  it("is left resumable by an abort", async () => {
    const repository = hub.publish(id, { weightsBytes: 400_000 })
    const aborting = new AbortController()
    const reason = new Error("enough")
    hub.faults = { cutAfterMs: 500, cut: ({ host }) => (host === "cdn" ? 100_000 : undefined) }
    const pulling = failureOf(pull(id, { signal: aborting.signal, retryDelaysMs: [60_000] }))
    await vi.waitUntil(async () => {
      const parts = (await leftovers()).filter((name) => name.endsWith("facet-part"))
      const sizes = await Promise.all(
        parts.map(async (name) => (await stat(join(cache, name)).catch(() => undefined))?.size),
      )
      return sizes.filter((size) => size === 100_000).length === 2
    }, patiently)
    aborting.abort(reason)
    const failure = await pulling
    assert.strictEqual(failure, reason)
    assert.isAbove((await leftovers()).filter((name) => name.endsWith("facet-part")).length, 0)
    hub.faults = {}
    hub.asked.length = 0
    await assertWhole((await pull()).path, repository)
    assert.isTrue(hub.asked.some(({ headers, host }) => host === "cdn" && headers.range === "bytes=100000-"))
  })

  it("is found out when what was left is damaged, and fetched once more", async () => {
    const repository = hub.publish(id)
    hub.faults = { cutAfterMs: 500, cut: ({ host }) => (host === "cdn" ? 10_000 : undefined) }
    await failureOf(pull(id, { retryDelaysMs: [] }))
    const [part] = (await leftovers()).filter((name) => name.endsWith("facet-part"))
    const bytes = await readFile(join(cache, part!))
    bytes[5000]! ^= 1
    await writeFile(join(cache, part!), bytes)
    hub.faults = {}
    await assertWhole((await pull()).path, repository)
  })

  it("never glues two versions that a host has one after the other", async () => {
    const repository = hub.publish(id)
    let versions = 0
    hub.faults = {
      cutAfterMs: 500,
      cdnEtag: () => `"${versions++}"`,
      cut: ({ headers, host }) => (host === "cdn" && headers.range === "bytes=0-" && versions < 3 ? 10_000 : undefined),
      // What the first version had.
      change: ({ host }, body) =>
        host === "cdn" && versions < 3 ? Buffer.concat([body.subarray(0, 100), Buffer.alloc(body.length - 100)]) : body,
    }
    await assertWhole((await pull()).path, repository)
    assert.isTrue(hub.asked.some(({ headers }) => headers["if-range"] !== undefined))
  })

  it("fails when the hub names other content than a moment ago", async () => {
    const { files } = hub.publish(id)
    hub.faults = {
      answer: ({ host, path }) => {
        if (host !== "hub" || !path.endsWith(shards[1]!)) return undefined
        return {
          status: 302,
          headers: {
            location: `${hub.cdnUrl}/blob/${sha256(files.get(shards[0]!)!.bytes)}`,
            "x-linked-etag": `"${"a".repeat(64)}"`,
          },
        }
      },
    }
    const error = await failureOf(pull())
    expect(error).toMatchObject({
      _tag: "DownloadError",
      problem: expect.stringContaining("changed while it was fetched"),
    })
  })

  it.each([
    ["a host without ranges", { ignoresRanges: true }],
    ["connections that break before the first byte", {}],
  ])("ends well with %s", async (_, faults) => {
    const repository = hub.publish(id)
    let left = 4
    hub.faults = {
      ...faults,
      cut: ({ host }) => (host === "cdn" && left-- > 0 ? (left % 2 === 0 ? 0 : 5000) : undefined),
    }
    await assertWhole((await pull(id, { retryDelaysMs: [1, 1, 1, 1, 1] })).path, repository)
  })
})

describe("a large file", () => {
  const rangeBytes = 10_000
  const ranged = (name: string, files: HostedRepository["files"]) =>
    hub.asked.filter(({ host, path }) => host === "cdn" && path.includes(sha256(files.get(name)!.bytes)))

  it("comes over several connections, whose number is bounded over all files", async () => {
    const repository = hub.publish(id, { weightsBytes: 200_000 })
    hub.faults = { delayMs: () => 60 }
    const told: Array<Progress> = []
    await assertWhole((await pull(id, { rangeBytes, onProgress: (one) => told.push(one) })).path, repository)
    assert.isAbove(hub.mostAtOnce, 4)
    assert.isAtMost(hub.mostAtOnce, 8)
    for (const name of shards) {
      const [first, ...others] = ranged(name, repository.files)
      assert.strictEqual(first?.headers.range, `bytes=0-${rangeBytes - 1}`)
      assert.lengthOf(others, 20)
      // Each must be of the version that the first one was of.
      assert.isTrue(others.every(({ headers }) => String(headers["if-range"]).startsWith('"cdn-')))
    }
    assert.strictEqual(told.at(-1)?.loadedBytes, told.at(-1)?.totalBytes)
    assert.isTrue(told.every(({ loadedBytes, totalBytes }) => loadedBytes <= totalBytes))
  })

  it("goes on with each range where it broke off", async () => {
    const repository = hub.publish(id, { weightsBytes: 100_000 })
    hub.faults = {
      cutAfterMs: 200,
      cut: ({ headers, host }) => (host === "cdn" && headers.range === "bytes=30000-39999" ? 4000 : undefined),
    }
    await assertWhole((await pull(id, { rangeBytes })).path, repository)
    for (const name of shards) {
      const asked = ranged(name, repository.files).map(({ headers }) => headers.range)
      assert.include(asked, "bytes=34000-39999")
      assert.lengthOf(new Set(asked), asked.length)
    }
  })

  it("is continued by the next process from what had come without a gap", async () => {
    const repository = hub.publish(id, { weightsBytes: 100_000 })
    hub.faults = {
      cutAfterMs: 200,
      cut: ({ headers, host }) => (host === "cdn" && headers.range === "bytes=20000-29999" ? 5000 : undefined),
    }
    await failureOf(pull(id, { rangeBytes, retryDelaysMs: [] }))
    const parts = (await leftovers()).filter((name) => name.endsWith("facet-part"))
    const sizes = await Promise.all(parts.map(async (name) => (await stat(join(cache, name))).size))
    assert.include(sizes, 25_000)
    hub.faults = {}
    hub.asked.length = 0
    await assertWhole((await pull(id, { rangeBytes })).path, repository)
    const asked = hub.asked.filter(({ host }) => host === "cdn").map(({ headers }) => headers.range)
    assert.include(asked, "bytes=25000-34999")
    assert.notInclude(asked, "bytes=0-9999")
  })

  it("that changes between two ranges is fetched anew, and never put together of two versions", async () => {
    const repository = hub.publish(id, { weightsBytes: 100_000 })
    let answers = 0
    hub.faults = {
      cdnEtag: () => (answers++ < 6 ? '"old"' : '"new"'),
      // What the old version has.
      change: ({ host }, body) =>
        host === "cdn" && answers <= 6 ? Buffer.concat([body.subarray(0, 100), Buffer.alloc(body.length - 100)]) : body,
    }
    await assertWhole((await pull(id, { rangeBytes })).path, repository)
    const asked = hub.asked.filter(({ host }) => host === "cdn")
    assert.isTrue(asked.some(({ headers }) => headers["if-range"] === '"old"'))
    // In one piece, which the host begins at the start where it has no such version any more.
    assert.isTrue(asked.slice(6).some(({ headers }) => /^bytes=\d+-$/.test(headers.range ?? "")))
  })

  it.each([
    ["sends no ranges", { ignoresRanges: true }],
    ["names another version each time", { cdnEtag: () => `"${Math.random()}"` }],
    ["names no version that proves anything", { cdnEtag: () => 'W/"weak"' }],
  ])("comes whole from a host that %s", async (_, faults) => {
    const repository = hub.publish(id, { weightsBytes: 100_000 })
    hub.faults = faults
    await assertWhole((await pull(id, { rangeBytes })).path, repository)
  })

  it("is given up by an abort, with all of its connections", async () => {
    hub.publish(id, { weightsBytes: 100_000 })
    const aborting = new AbortController()
    const reason = new Error("enough")
    hub.faults = {
      stallAfter: ({ headers, host }) => (host === "cdn" && headers.range !== "bytes=0-9999" ? 100 : undefined),
    }
    const pulling = failureOf(pull(id, { rangeBytes, signal: aborting.signal, stallMs: 60_000 }))
    await vi.waitUntil(() => hub.asked.filter(({ headers }) => headers["if-range"] !== undefined).length > 3, patiently)
    aborting.abort(reason)
    assert.strictEqual(await pulling, reason)
  })
})

describe("a login", () => {
  it("goes to the hub alone, and into no error, no progress and no file", async () => {
    vi.stubEnv("HF_TOKEN", " hf_secret\n")
    hub.publish(id, { gated: true })
    const told: Array<unknown> = []
    await pull(id, { onProgress: (progress) => told.push(progress), onPlan: (plan) => void told.push(plan) })
    const cdn = hub.asked.filter(({ host }) => host === "cdn")
    assert.isAbove(cdn.length, 1)
    assert.isTrue(cdn.every(({ headers }) => headers.authorization === undefined))
    assert.isTrue(
      hub.asked
        .filter(({ host }) => host === "hub")
        .every(({ headers }) => headers.authorization === "Bearer hf_secret"),
    )
    hub.faults = { answer: () => ({ status: 500, body: "hf_secret" }) }
    await rm(cache, { recursive: true })
    told.push(String(await failureOf(pull())))
    await rm(cache, { recursive: true, force: true })
    hub.faults = { answer: ({ host }) => (host === "cdn" ? { status: 403 } : undefined) }
    told.push(String(await failureOf(pull())))
    assert.notInclude(JSON.stringify(told), "hf_secret")
    for (const name of await readdir(cache, { recursive: true })) {
      const path = join(cache, name)
      if ((await stat(path)).isFile()) assert.notInclude(await readFile(path, "latin1"), "hf_secret")
    }
  })

  it("is not sent on to a next page at another host", async () => {
    vi.stubEnv("HF_TOKEN", "hf_secret")
    hub.publish(id)
    hub.faults = {
      answer: ({ host, path }) =>
        host === "hub" && path.includes("/tree/")
          ? {
              status: 200,
              headers: { "content-type": "application/json", link: `<${hub.cdnUrl}/next>; rel="next"` },
              body: "[]",
            }
          : undefined,
    }
    await failureOf(pull())
    const next = hub.asked.find(({ path }) => path === "/next")
    assert.isDefined(next)
    assert.isUndefined(next?.headers.authorization)
  })

  it("may come from where Hugging Face's tools keep it", async () => {
    await writeFile(join(cache, "token"), "hf_secret\n")
    hub.publish(id, { gated: true })
    await pull()
    assert.strictEqual(hub.asked[0]?.headers.authorization, "Bearer hf_secret")
  })
})

describe("a refusal", () => {
  it.each<[string, string | undefined, { status: number; headers?: Record<string, string> }, RegExp, RegExp]>([
    [
      "a gated model, without a login",
      undefined,
      { status: 401, headers: { "x-error-code": "GatedRepo" } },
      /licence has to be accepted/,
      /Visit .*gemma-2-2b-it.*HF_TOKEN/,
    ],
    [
      "a gated model, with a login",
      "hf_secret",
      { status: 403, headers: { "x-error-code": "GatedRepo" } },
      /not been accepted/,
      /Visit .*gemma-2-2b-it/,
    ],
    [
      "no such repository",
      undefined,
      { status: 401, headers: { "x-error-code": "RepoNotFound" } },
      /no such repository/,
      /HF_TOKEN/,
    ],
    [
      "no such repository, with a login",
      "hf_secret",
      { status: 404, headers: { "x-error-code": "RepoNotFound" } },
      /no such repository/,
      /how it is written/,
    ],
    [
      "no such revision",
      undefined,
      { status: 404, headers: { "x-error-code": "RevisionNotFound" } },
      /no revision main/,
      /branch, a tag or a commit/,
    ],
    ["a login that is none", "hf_secret", { status: 401 }, /login was refused/, /HF_TOKEN/],
    ["a login that may not", "hf_secret", { status: 403 }, /may not read/, /HF_TOKEN/],
    [
      "a repository that was disabled",
      "hf_secret",
      { status: 403, headers: { "x-error-code": "DisabledRepo" } },
      /disabled/,
      /page/,
    ],
    ["another status", undefined, { status: 418 }, /418/, /HF_ENDPOINT/],
  ])("of %s says what to do", async (_, token, answer, problem, remedy) => {
    vi.stubEnv("HF_TOKEN", token ?? "")
    hub.publish(id)
    hub.faults = { answer: () => answer }
    const error = await failureOf(pull())
    expect(error).toMatchObject({
      _tag: "DownloadError",
      url: `${hub.url}/${id}`,
      problem: expect.stringMatching(problem),
      remedy: expect.stringMatching(remedy),
    })
    assert.lengthOf(hub.asked, 1)
  })

  it("of a file, where the list may be read, says the same", async () => {
    hub.publish(id, { gated: true })
    expect(await failureOf(pull())).toMatchObject({ problem: expect.stringContaining("licence has to be accepted") })
  })

  it("that may pass is asked again, as late as the host wants, and not without end", async () => {
    const repository = hub.publish(id)
    let busy = 2
    hub.faults = { answer: () => (busy-- > 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined) }
    const started = performance.now()
    await assertWhole((await pull()).path, repository)
    assert.isAtLeast(performance.now() - started, 1900)
    await rm(cache, { recursive: true })
    for (const [status, retryAfter, most] of [
      [500, "", 4],
      [503, "0", 4],
      [429, "86400", 1],
    ] as const) {
      hub.asked.length = 0
      hub.faults = { answer: () => ({ status, headers: retryAfter === "" ? {} : { "retry-after": retryAfter } }) }
      const error = await failureOf(pull())
      expect(error).toMatchObject({ _tag: "DownloadError", problem: expect.stringContaining(String(status)) })
      assert.lengthOf(hub.asked, most)
    }
  })

  it("of an address that was signed too long ago is asked for anew", async () => {
    const repository = hub.publish(id)
    let refused = 0
    hub.faults = { answer: ({ host }) => (host === "cdn" && refused++ < 2 ? { status: 403 } : undefined) }
    await assertWhole((await pull()).path, repository)
    const signed = hub.asked.filter(({ host }) => host === "cdn").map(({ path }) => path)
    assert.strictEqual(new Set(signed).size, signed.length)
  })

  it("of a range that is not there is asked without one", async () => {
    const repository = hub.publish(id)
    let refused = 0
    hub.faults = {
      answer: ({ headers, host }) =>
        host === "cdn" && headers.range !== undefined && refused++ < 2 ? { status: 416 } : undefined,
    }
    await assertWhole((await pull()).path, repository)
  })

  it("is typed when nothing answers", async () => {
    vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:9")
    expect(await failureOf(pull())).toMatchObject({ _tag: "DownloadError", problem: "127.0.0.1:9 does not answer" })
  })

  it("is typed when a host falls silent", async () => {
    hub.publish(id)
    hub.faults = { delayMs: () => 60_000 }
    expect(await failureOf(pull(id, { stallMs: 50, retryDelaysMs: [] }))).toMatchObject({
      _tag: "DownloadError",
      problem: expect.stringContaining("sent nothing"),
    })
  })
})

describe("what is no answer", () => {
  const html = {
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><title>Log in to this Wi-Fi</title>",
  }

  it.each([
    ["a portal's page in place of the API", "/api/", html, /web page/],
    ["a portal's page in place of a file", "/resolve/", html, /web page/],
    [
      "JSON of something else",
      "/revision/",
      { status: 200, headers: { "content-type": "application/json" }, body: "{}" },
      /makes no sense/,
    ],
    [
      "a list that is none",
      "/tree/",
      { status: 200, headers: { "content-type": "application/json" }, body: "{}" },
      /makes no sense/,
    ],
    [
      "broken JSON",
      "/revision/",
      { status: 200, headers: { "content-type": "application/json" }, body: "{" },
      /makes no sense/,
    ],
    [
      "a path out of the folder",
      "/tree/",
      {
        status: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify([{ type: "file", path: "../../x", size: 1, oid: "0".repeat(40) }]),
      },
      /no path inside it/,
    ],
    [
      "a redirect in a circle",
      "/resolve/",
      { status: 302, headers: { location: "/resolve/again" } },
      /redirects more than/,
    ],
    [
      "a redirect to a file of this disk",
      "/resolve/",
      { status: 302, headers: { location: "file:///etc/passwd" } },
      /redirects to a file: address/,
    ],
  ])("is a typed error: %s", async (_, where, answer, problem) => {
    hub.publish(id)
    hub.faults = { answer: ({ path }) => (path.includes(where) ? answer : undefined) }
    const error = await failureOf(pull())
    expect(error).toMatchObject({ _tag: "DownloadError", problem: expect.stringMatching(problem) })
  })

  it("is told when the bytes are wrong, however often they are fetched", async () => {
    hub.publish(id)
    hub.faults = {
      change: ({ host }, body) =>
        host === "cdn" ? Buffer.from(body.map((byte, i) => (i === 3000 ? byte ^ 1 : byte))) : body,
    }
    expect(await failureOf(pull())).toMatchObject({
      _tag: "DownloadError",
      problem: expect.stringMatching(/have the hash [\da-f]{64}/),
    })
    assert.isUndefined(await new HubCache(id).find(undefined))
    assert.deepEqual(
      (await leftovers()).filter((name) => name.includes(".lock")),
      [],
    )
  })

  it("is told when an index names weights that are not there, or lead out of the folder", async () => {
    for (const [shard, problem] of [
      ["model-00009-of-00009.safetensors", /no such file in the repository/],
      ["../../evil.safetensors", /no \.safetensors file of this folder/],
    ] as const) {
      const repository = hub.publish(id)
      const index = Buffer.from(JSON.stringify({ weight_map: { a: shard } }))
      repository.files.set("model.safetensors.index.json", { bytes: index, isLarge: false })
      expect(await failureOf(pull())).toMatchObject({ problem: expect.stringMatching(problem) })
      await rm(cache, { recursive: true, force: true })
    }
  })

  it.each([
    ["no model", [], /holds no model/],
    ["GGUF files alone", ["a-Q4_0.gguf", "a-Q8_0.gguf"], /2 \.gguf files, and none was named/],
  ])("is told when a repository has %s", async (_, names, problem) => {
    const repository = hub.publish(id)
    repository.files.clear()
    for (const name of ["README.md", ...names]) repository.files.set(name, { bytes: Buffer.from("x"), isLarge: false })
    expect(await failureOf(pull())).toMatchObject({ _tag: "DownloadError", problem: expect.stringMatching(problem) })
  })
})

describe("the disk", () => {
  it("is asked for room before anything large is fetched", async () => {
    const repository = hub.publish(id)
    const { bytes } = repository.files.get(shards[0]!)!
    hub.faults = {
      answer: ({ path }) =>
        path.includes("/tree/")
          ? {
              status: 200,
              headers: { "content-type": "application/json" },
              body: JSON.stringify(
                [...repository.files].map(([name, file]) => ({
                  type: "file",
                  path: name,
                  oid: "0".repeat(39),
                  size: file.bytes === bytes ? 2 ** 50 : file.bytes.length,
                })),
              ),
            }
          : undefined,
    }
    const error = await failureOf(pull())
    expect(error).toMatchObject({
      _tag: "StorageError",
      problem: expect.stringMatching(/TB are needed, and the disk has/),
    })
    assert.include(String(error), cache)
    assert.isTrue(hub.asked.every(({ host }) => host === "hub"))
  })

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)("is a typed error where it may not be written", async () => {
    hub.publish(id)
    vi.stubEnv("HF_HUB_CACHE", "/proc/facet")
    expect(await failureOf(pull())).toMatchObject({ _tag: "StorageError" })
  })
})

describe("two processes", () => {
  /** Another process that pulls the same. */
  const elsewhere = () => {
    const code = `
      const { pullRepository } = await import(${JSON.stringify(new URL("../../../src/files/hub/pullRepository.node.ts", import.meta.url).href)})
      const phases = new Set()
      await pullRepository({ kind: "hub", repository: ${JSON.stringify(id)} }, { onProgress: ({ phase }) => phases.add(phase) })
      process.stdout.write(JSON.stringify([...phases]))`
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      env: process.env,
      stdio: ["ignore", "pipe", "inherit"],
    })
    let said = ""
    child.stdout.on("data", (data) => (said += String(data)))
    const phases = new Promise<ReadonlyArray<string>>((resolve) =>
      child.on("close", () => resolve(said === "" ? [] : JSON.parse(said))),
    )
    return { child, phases }
  }

  it("fetch a model once, and the second says that it waits", async () => {
    const repository = hub.publish(id)
    hub.faults = { delayMs: ({ host }) => (host === "cdn" ? 150 : 0) }
    const phases = await Promise.all([elsewhere().phases, elsewhere().phases])
    assert.isTrue(
      phases.some((told) => told.includes("waiting")),
      JSON.stringify(phases),
    )
    assert.lengthOf(
      hub.asked.filter(({ host }) => host === "cdn"),
      2,
    )
    await assertWhole(new HubCache(id).snapshot(repository.commit), repository)
  })

  it("go on where one was killed", async () => {
    const repository = hub.publish(id, { weightsBytes: 200_000 })
    hub.faults = { delayMs: ({ host }) => (host === "cdn" ? 60_000 : 0) }
    const { child, phases } = elsewhere()
    await vi.waitUntil(() => hub.asked.some(({ host }) => host === "cdn"), { timeout: 20_000 })
    child.kill("SIGKILL")
    await phases
    assert.isTrue((await leftovers()).some((name) => name.endsWith(".lock")))
    hub.faults = {}
    await assertWhole((await pull()).path, repository)
    assert.deepEqual(await leftovers(), [])
  })
})

describe("Hugging Face's own tools", () => {
  const python = process.env["PYTHON"] ?? "python3"
  const hasTools = spawnSync(python, ["-c", "import huggingface_hub"]).status === 0

  /** What it prints, which is JSON. */
  const runPython = async (code: string): Promise<unknown> => {
    const child = spawn(python, ["-c", code], { env: process.env, stdio: ["ignore", "pipe", "inherit"] })
    let said = ""
    child.stdout.on("data", (data) => (said += String(data)))
    await new Promise((resolve) => child.on("close", resolve))
    return JSON.parse(said)
  }

  it.skipIf(!hasTools)("download what is used here, and fetched no more", async () => {
    const repository = hub.publish(id)
    vi.stubEnv("HF_HUB_OFFLINE", "")
    vi.stubEnv("HF_HUB_DISABLE_XET", "1")
    const path = await runPython(`
import json
from huggingface_hub import snapshot_download
print(json.dumps(snapshot_download("${id}")))`)
    assert.strictEqual(await new HubCache(id).find(undefined), path)
    hub.asked.length = 0
    assert.strictEqual((await pull()).path, path)
    assert.isTrue(hub.asked.every(({ path: asked }) => asked.startsWith("/api/")))
    await assertWhole(String(path), repository)
  })

  it("leave a snapshot that is used, unless weights are missing in it", async () => {
    const root = join(cache, "models--google--gemma-2-2b-it")
    const snapshot = join(root, "snapshots", "c".repeat(40))
    await mkdir(snapshot, { recursive: true })
    await mkdir(join(root, "refs"))
    await writeFile(join(root, "refs", "main"), "c".repeat(40))
    for (const name of ["config.json", "tokenizer.json"]) await writeFile(join(snapshot, name), "{}")
    assert.isUndefined(await new HubCache(id).find(undefined))
    await writeFile(join(snapshot, "model.safetensors"), "")
    assert.strictEqual(await new HubCache(id).find(undefined), snapshot)
    await truncate(join(root, "refs", "main"))
    assert.strictEqual(await new HubCache(id).find(undefined), snapshot)
  })

  it.skipIf(!hasTools)("read what we fetched", async () => {
    const repository = hub.publish(id)
    const { path } = await pull()
    const code = `
import json
from huggingface_hub import snapshot_download, scan_cache_dir
patterns = ["*.safetensors", "config.json", "tokenizer.json"]
info = scan_cache_dir()
print(json.dumps({
  "path": snapshot_download("${id}", local_files_only=True, allow_patterns=patterns),
  "warnings": [str(w) for w in info.warnings],
  "repos": [[r.repo_id, r.nb_files, [[v.commit_hash, sorted(v.refs)] for v in r.revisions]] for r in info.repos],
}))`
    assert.deepEqual(await runPython(code), {
      path,
      warnings: [],
      repos: [[id, 7, [[repository.commit, ["main"]]]]],
    })
  })
})
