/** Model folders over HTTP, kept in the browser's storage: real Chromium, a real worker, a real server. */
import { afterEach, expect, test } from "vitest"
import { listStoredModels, removeStoredModel } from "../../../src/files/opfs/StoredModels.browser.ts"
import { change, host, HubClient, requests, until } from "./FilesClient.browser.ts"
import type { HostedFolder, LoggedRequest } from "./modelHost.ts"

const mebibyte = 1024 * 1024
const weights = "model.safetensors"

afterEach(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** Reads every file as the engine would and compares it with the host's. */
async function expectAllFiles(client: HubClient, folder: HostedFolder): Promise<void> {
  for (const [name, { bytes, sha256: expected }] of Object.entries(folder.files)) {
    expect(await client.size(name)).toBe(bytes)
    expect(await sha256(await client.read(name, 0, bytes)), name).toBe(expected)
  }
}

const ofWeights = (log: ReadonlyArray<LoggedRequest>): ReadonlyArray<LoggedRequest> =>
  log.filter(({ file, method }) => method === "GET" && file === weights)

/** Comes no further by itself than the middle of its weights, as far as a test waits. */
const slow = { weightsBytes: 4 * mebibyte, crawlsAfter: 2.75 * mebibyte }

const hasReceived = (client: HubClient, bytes: number) => () =>
  client.progress.some(({ loadedBytes, source }) => source === "network" && loadedBytes >= bytes)

test("downloads a folder and reads it as it is on the host", async () => {
  const folder = await host()
  const client = new HubClient()
  expect(await client.open(folder.url)).toBe(folder.url.slice(0, -1))
  await expectAllFiles(client, folder)
  expect(JSON.parse(await client.text("config.json"))).toMatchObject({ architectures: ["Gemma2ForCausalLM"] })
  expect(await client.exists("tokenizer_config.json")).toBe(false)
  expect(client.restarts).toEqual([])
})

test("stores the checksum of every file", async () => {
  const folder = await host()
  await new HubClient().open(folder.url)
  const stored = await listStoredModels()
  expect(stored).toMatchObject([{ url: folder.url, isComplete: true }])
  const facts = stored[0]?.files.map(({ bytes, name, sha256: hash }) => [name, { bytes, sha256: hash }])
  expect(Object.fromEntries(facts ?? [])).toEqual(folder.files)
})

test("downloads weights in several files", async () => {
  const folder = await host({ shards: 3 })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
})

test("tells bytes, speed, phase and source", async () => {
  const folder = await host({ speed: 4 * mebibyte })
  const client = new HubClient()
  await client.open(folder.url)
  const total = Object.values(folder.files).reduce((sum, { bytes }) => sum + bytes, 0)
  const loaded = client.progress.map(({ loadedBytes }) => loadedBytes)
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b))
  expect(client.progress.length).toBeGreaterThan(4)
  expect(client.progress.every(({ phase, source }) => phase === "download" && source === "network")).toBe(true)
  const middle = client.progress.filter(({ loadedBytes }) => loadedBytes > total / 2)[0]
  expect(middle?.totalBytes).toBe(total)
  expect(middle?.file).toBe(weights)
  // The host sends 4 MiB a second; timers, and a busy machine, only make it slower.
  expect(middle?.bytesPerSecond).toBeGreaterThan(0)
  expect(middle?.bytesPerSecond).toBeLessThan(6 * mebibyte)
  expect(client.progress.at(-1)).toMatchObject({ loadedBytes: total, totalBytes: total })
})

test("opens a stored folder without a request, the host gone", async () => {
  const folder = await host()
  await new HubClient().open(folder.url)
  await change(folder, { isDown: true })
  const before = await requests(folder)
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  const total = Object.values(folder.files).reduce((sum, { bytes }) => sum + bytes, 0)
  expect(client.progress).toMatchObject([{ source: "cache", loadedBytes: total, totalBytes: total }])
  expect(await requests(folder)).toEqual(before)
})

test("continues after an abort where it stopped", async () => {
  const folder = await host(slow)
  const client = new HubClient()
  const opening = client.open(folder.url)
  await Promise.all([
    expect(opening).rejects.toThrow("the user has had enough"),
    until(hasReceived(client, 2.5 * mebibyte)).then(client.abort),
  ])
  const [model] = await listStoredModels()
  const stored = model?.files.find(({ name }) => name === weights)?.bytes ?? 0
  expect(model?.isComplete).toBe(false)
  expect(stored).toBeGreaterThan(2 * mebibyte)

  await change(folder, { weightsBytes: slow.weightsBytes })
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  const second = ofWeights(await requests(folder)).at(-1)
  expect(second).toMatchObject({ range: `bytes=${stored}-`, status: 206, sentBytes: slow.weightsBytes - stored })
  expect(client.restarts).toEqual([])
})

test("continues after the worker was ended in mid-download, as a reload does it", async () => {
  const folder = await host({ weightsBytes: 5 * mebibyte, crawlsAfter: 3.75 * mebibyte })
  const left = new HubClient()
  left.open(folder.url).catch(() => {})
  await until(hasReceived(left, 3.5 * mebibyte))
  left.end()
  await change(folder, { weightsBytes: 5 * mebibyte })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  const last = ofWeights(await requests(folder)).at(-1)
  // Of what had arrived at most the last mebibyte is fetched again.
  expect(Number(/^bytes=(\d+)-$/.exec(last?.range ?? "")?.[1])).toBeGreaterThan(2 * mebibyte)
  expect(client.restarts).toEqual([])
})

test("aborting at any moment leaves a folder that the next opening completes", async () => {
  const folder = await host({ weightsBytes: 2 * mebibyte, speed: 8 * mebibyte })
  const client = new HubClient()
  await client.isLoaded()
  for (const milliseconds of [0, 1, 5, 10, 20, 40, 80, 160]) {
    const outcome = client.open(folder.url).then(
      () => "opened",
      (cause: Error) => cause.message,
    )
    await new Promise((resolve) => setTimeout(resolve, milliseconds))
    await client.abort()
    expect(["opened", "the user has had enough"]).toContain(await outcome)
  }
  await client.open(folder.url)
  await expectAllFiles(client, folder)
})

/** Opens a folder until some of its weights are stored, then leaves. */
async function leaveInTheMiddle(folder: HostedFolder): Promise<void> {
  const client = new HubClient()
  const opening = client.open(folder.url).catch(() => {})
  await until(hasReceived(client, 2.5 * mebibyte))
  await client.abort()
  await opening
  client.end()
}

test("does not glue a changed file to an old one", async () => {
  const folder = await host(slow)
  await leaveInTheMiddle(folder)
  const changed = await change(folder, { weightsBytes: slow.weightsBytes, version: 2 })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, changed)
  expect(client.restarts).toContainEqual({ file: weights, reason: "changed" })
})

test("a file that became shorter is downloaded anew", async () => {
  const folder = await host(slow)
  await leaveInTheMiddle(folder)
  const changed = await change(folder, { weightsBytes: mebibyte, version: 2 })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, changed)
})

test.each(["weak-etag", "none"] as const)("starts anew where the version cannot be proved: %s", async (validator) => {
  const folder = await host({ ...slow, validator })
  await leaveInTheMiddle(folder)
  const client = new HubClient()
  await change(folder, { weightsBytes: slow.weightsBytes, validator })
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  expect(ofWeights(await requests(folder)).at(-1)).toMatchObject({ range: "bytes=0-" })
  expect(client.restarts).toContainEqual({ file: weights, reason: "changed" })
})

test("a date proves the version where the host exposes no ETag", async () => {
  const folder = await host({ ...slow, exposes: false })
  await leaveInTheMiddle(folder)
  await change(folder, { weightsBytes: slow.weightsBytes, exposes: false })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  expect(ofWeights(await requests(folder)).at(-1)).toMatchObject({ status: 206 })
  expect(client.restarts).toEqual([])
})

test("a host without ranges sends the whole file, and it is said", async () => {
  const folder = await host({ ...slow, ranges: false })
  await leaveInTheMiddle(folder)
  await change(folder, { weightsBytes: slow.weightsBytes, ranges: false })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  expect(client.restarts).toEqual([{ file: weights, reason: "no-range" }])
})

test("a connection that breaks is taken up again", async () => {
  const folder = await host({ weightsBytes: 4 * mebibyte, breakAfter: mebibyte + 7 })
  const client = new HubClient()
  await client.open(folder.url)
  await expectAllFiles(client, folder)
  const log = ofWeights(await requests(folder))
  expect(log.length).toBeGreaterThan(3)
  expect(log.slice(1).every(({ range, status }) => range !== "bytes=0-" && status === 206)).toBe(true)
})

test("two tabs download once: the second waits", async () => {
  const folder = await host({ weightsBytes: 3 * mebibyte, speed: 6 * mebibyte })
  const first = new HubClient()
  const second = new HubClient()
  await second.isLoaded()
  const opening = first.open(folder.url)
  await until(hasReceived(first, mebibyte))
  await Promise.all([opening, second.open(folder.url)])
  await expectAllFiles(first, folder)
  await expectAllFiles(second, folder)
  expect(second.progress.map(({ phase, source }) => [phase, source])).toEqual([
    ["waiting", undefined],
    ["download", "cache"],
  ])
  expect(ofWeights(await requests(folder)).length).toBe(1)
})

test("a tab that waits takes over when the other is closed", async () => {
  const folder = await host(slow)
  const first = new HubClient()
  const second = new HubClient()
  await second.isLoaded()
  first.open(folder.url).catch(() => {})
  await until(hasReceived(first, 2.5 * mebibyte))
  const opening = second.open(folder.url)
  await until(() => second.progress.some(({ phase }) => phase === "waiting"))
  first.end()
  await opening
  await expectAllFiles(second, folder)
  expect(ofWeights(await requests(folder)).at(-1)?.range).not.toBe("bytes=0-")
})

test("a tab that waits can give up", async () => {
  const folder = await host(slow)
  const first = new HubClient()
  first.open(folder.url).catch(() => {})
  await until(hasReceived(first, 100_000))
  const second = new HubClient()
  const opening = second.open(folder.url)
  await Promise.all([
    expect(opening).rejects.toThrow("the user has had enough"),
    until(() => second.progress.some(({ phase }) => phase === "waiting")).then(second.abort),
  ])
})

test("keeps nothing with storage none, and reads ranges", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url, { storage: "none" })
  await expectAllFiles(client, folder)
  expect((await client.read(weights, 1000, 16)).length).toBe(16)
  expect(ofWeights(await requests(folder)).at(-1)).toMatchObject({ range: "bytes=1000-1015", sentBytes: 16 })
  expect(await listStoredModels()).toEqual([])
  await expect(client.read(weights, 3 * mebibyte - 4, 8)).rejects.toMatchObject({ name: "ModelFileError" })
})

test("with storage none a host without ranges is read whole, once", async () => {
  const folder = await host({ ranges: false })
  const client = new HubClient()
  await client.open(folder.url, { storage: "none" })
  await expectAllFiles(client, folder)
  await client.read(weights, 5, 5)
  expect(ofWeights(await requests(folder)).filter(({ sentBytes }) => sentBytes === 3 * mebibyte).length).toBe(1)
})

test("with storage none a file that changes while it is read is refused", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url, { storage: "none" })
  await client.read(weights, 0, 8)
  await change(folder, { version: 2 })
  await expect(client.read(weights, 8, 8)).rejects.toThrow("changed on the host while it was read")
})

test.each(["whole", "parts"] as const)(
  "a host that sends everything as gzip is read all the same: %s",
  async (gzips) => {
    const folder = await host({ gzips })
    for (const storage of ["persistent", "none"] as const) {
      const client = new HubClient()
      await client.open(folder.url, { storage })
      await expectAllFiles(client, folder)
    }
  },
)
