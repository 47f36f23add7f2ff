/** What is in the browser's storage: checked, repaired, listed, removed, refused. */
import { afterEach, expect, test } from "vitest"
import { cdp } from "vitest/browser"
import { persistStorage } from "../../../src/files/opfs/persistStorage.browser.ts"
import {
  listStoredModels,
  removeStoredModel,
  storageEstimate,
  verifyStoredModel,
} from "../../../src/files/opfs/StoredModels.browser.ts"
import { change, host, HubClient, requests, until } from "./FilesClient.browser.ts"

const mebibyte = 1024 * 1024
const weights = "model.safetensors"

afterEach(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

/** The one folder that a test has stored. */
async function storedFolder(): Promise<FileSystemDirectoryHandle> {
  const store = await (await navigator.storage.getDirectory()).getDirectoryHandle("facet-models")
  for await (const entry of store.values()) if (entry instanceof FileSystemDirectoryHandle) return entry
  throw new Error("nothing is stored")
}

/** Changes one byte of a stored file, or cuts the file there. */
async function tamper(name: string, at: number, how: "change" | "cut"): Promise<void> {
  const handle = await (await storedFolder()).getFileHandle(name)
  const [byte = 0] = new Uint8Array(await (await handle.getFile()).slice(at, at + 1).arrayBuffer())
  const writable = await handle.createWritable({ keepExistingData: true })
  if (how === "cut") await writable.truncate(at)
  else await writable.write({ type: "write", position: at, data: Uint8Array.of(byte ^ 0xff) })
  await writable.close()
}

test("finds a changed byte in the weights, and the next opening mends it", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url)
  expect(await verifyStoredModel(folder.url)).toEqual([])
  await tamper(weights, 2_000_000, "change")
  expect(await verifyStoredModel(folder.url)).toEqual([weights])
  const before = (await requests(folder)).length
  await client.open(folder.url)
  expect(await verifyStoredModel(folder.url)).toEqual([])
  const fetched = (await requests(folder))
    .slice(before)
    .filter(({ method, status }) => method === "GET" && status < 400)
  expect(fetched.map(({ file }) => file)).toEqual(["config.json", weights])
})

test("finds a changed byte in a small file when it is read", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url)
  await tamper("config.json", 3, "change")
  await expect(client.text("config.json")).rejects.toMatchObject({
    name: "ModelFileError",
    message: expect.stringMatching(/stored copy is damaged/),
  })
})

test("a stored file that was cut is downloaded again", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url)
  await tamper(weights, mebibyte, "cut")
  await client.open(folder.url)
  expect(await client.size(weights)).toBe(3 * mebibyte)
  expect(await verifyStoredModel(folder.url)).toEqual([])
})

test("does not continue a part that was damaged", async () => {
  const folder = await host({ breakAfter: 2 * mebibyte, breaks: 4, ranges: false, weightsBytes: 3 * mebibyte })
  const client = new HubClient()
  await expect(client.open(folder.url)).rejects.toMatchObject({ name: "DownloadError" })
  await tamper(weights, 1000, "change")
  await change(folder, { weightsBytes: 3 * mebibyte })
  client.restarts.length = 0
  await client.open(folder.url)
  expect(client.restarts).toEqual([{ file: weights, reason: "damaged" }])
  expect(await verifyStoredModel(folder.url)).toEqual([])
})

test("removes a model; whoever reads it is told", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url)
  expect(await removeStoredModel(folder.url)).toBe(true)
  expect(await removeStoredModel(folder.url)).toBe(false)
  expect(await listStoredModels()).toEqual([])
  await expect(client.read(weights, 0, 8)).rejects.toMatchObject({
    name: "ModelFileError",
    message: expect.stringMatching(/no longer stored/),
  })
  await client.open(folder.url)
  expect((await client.read(weights, 0, 8)).length).toBe(8)
})

test("does not remove or check a model that is being downloaded", async () => {
  const folder = await host({ crawlsAfter: mebibyte })
  const client = new HubClient()
  client.open(folder.url).catch(() => {})
  await until(() => client.progress.some(({ loadedBytes }) => loadedBytes > 200_000))
  await expect(removeStoredModel(folder.url)).rejects.toMatchObject({ _tag: "StorageError" })
  await expect(verifyStoredModel(folder.url)).rejects.toMatchObject({ _tag: "StorageError" })
  expect(await listStoredModels()).toMatchObject([{ url: folder.url, isComplete: false }])
})

test("refuses a model that the browser has no room for before anything large is fetched", async () => {
  const folder = await host({ announced: { [weights]: 100e12 } })
  await expect(new HubClient().open(folder.url)).rejects.toMatchObject({
    name: "StorageError",
    message: expect.stringMatching(/needs 100\.0 TB more, and this site may store [\d.]+ [MGT]B more/),
  })
  const log = await requests(folder)
  expect(log.filter(({ file, method }) => file === weights && method === "GET")).toEqual([])
})

test("says that the storage is full when it runs full in mid-download, and goes on later", async () => {
  const folder = await host({ weightsBytes: 8 * mebibyte, announced: { [weights]: 1 } })
  const client = new HubClient()
  const { usedBytes } = await storageEstimate()
  const quota = (quotaSize?: number) =>
    cdp().send("Storage.overrideQuotaForOrigin", {
      origin: location.origin,
      ...(quotaSize === undefined ? {} : { quotaSize }),
    })
  await quota(usedBytes + 4 * mebibyte)
  try {
    await expect(client.open(folder.url)).rejects.toThrow(/it is full/)
  } finally {
    await quota()
  }
  expect((await listStoredModels())[0]?.bytes).toBeGreaterThan(mebibyte)
  await change(folder, { weightsBytes: 8 * mebibyte })
  await client.open(folder.url)
  expect(await verifyStoredModel(folder.url)).toEqual([])
  expect((await requests(folder)).at(-1)?.range).not.toBe("bytes=0-")
})

test("says that the site's data was cleared, when it is in mid-download, and downloads anew", async () => {
  const folder = await host({ weightsBytes: 8 * mebibyte, speed: 8 * mebibyte })
  const client = new HubClient()
  const opened = client.open(folder.url)
  opened.catch(() => {})
  await until(() => client.progress.some(({ loadedBytes }) => loadedBytes > 2 * mebibyte))
  await cdp().send("Storage.clearDataForOrigin", { origin: location.origin, storageTypes: "file_systems" })
  await expect(opened).rejects.toMatchObject({
    name: "StorageError",
    message: expect.stringMatching(/cleared in the meantime.*Open the model again/s),
  })
  await client.open(folder.url)
  expect(await verifyStoredModel(folder.url)).toEqual([])
})

test("says that the storage is switched off; storage none does without it", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.denyStorage()
  await expect(client.open(folder.url)).rejects.toMatchObject({
    name: "StorageError",
    message: expect.stringMatching(/switched off.*storage: "none"/),
  })
  await client.open(folder.url, { storage: "none" })
})

test("estimates, and asks to be kept", async () => {
  const folder = await host()
  await new HubClient().open(folder.url)
  const { isPersistent, quotaBytes, usedBytes } = await storageEstimate()
  expect(usedBytes).toBeGreaterThan(3 * mebibyte)
  expect(quotaBytes).toBeGreaterThan(usedBytes)
  expect(await persistStorage()).toBe(await navigator.storage.persisted())
  expect(typeof isPersistent).toBe("boolean")
})
