/** What a page expects of the files that it downloads, and what it gets where a host cannot prove what it sends. */
import { afterEach, expect, test } from "vitest"
import { listStoredModels, removeStoredModel } from "../../../src/files/opfs/StoredModels.browser.ts"
import { change, host, HubClient, requests } from "./FilesClient.browser.ts"
import type { HostedFolder } from "./modelHost.ts"

const weights = "model.safetensors"
const wrong = "0".repeat(64)

afterEach(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

const sumsOf = ({ files }: HostedFolder) =>
  Object.fromEntries(Object.entries(files).map(([name, { sha256 }]) => [name, sha256.toUpperCase()]))

test.each(["persistent", "none"] as const)("files that are what is expected are taken: %s", async (storage) => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url, { storage, sha256: sumsOf(folder) })
  expect((await client.read(weights, 0, 8)).length).toBe(8)
})

test("a file that is another is an error that says both checksums, and nothing of it is kept", async () => {
  const folder = await host()
  const found = folder.files[weights]?.sha256 ?? ""
  const opening = new HubClient().open(folder.url, { sha256: { [weights]: wrong } })
  await expect(opening).rejects.toMatchObject({ name: "DownloadError" })
  await expect(opening).rejects.toThrow(`its SHA-256 is ${found}, where ${wrong} was expected`)
  const [model] = await listStoredModels()
  expect(model?.isComplete).toBe(false)
  expect(model?.files.find(({ name }) => name === weights)?.bytes ?? 0).toBe(0)
  // The right one is fetched whole.
  await new HubClient().open(folder.url, { sha256: { [weights]: found } })
})

test("a stored model that is another than the expected one is downloaded anew", async () => {
  const folder = await host()
  await new HubClient().open(folder.url)
  const changed = await change(folder, { version: 2 })
  const client = new HubClient()
  await client.open(folder.url, { sha256: { [weights]: changed.files[weights]?.sha256 ?? "" } })
  expect(client.progress.some(({ source }) => source === "network")).toBe(true)
  const sum = new Uint8Array(
    await crypto.subtle.digest("SHA-256", await client.read(weights, 0, changed.files[weights]?.bytes ?? 0)),
  )
  expect(Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(changed.files[weights]?.sha256)
})

test("a checksum of a file that is not there checks nothing, and is told", async () => {
  const folder = await host()
  const opening = new HubClient().open(folder.url, { sha256: { "weights.safetensors": wrong } })
  await expect(opening).rejects.toThrow("no file of this folder")
})

test("with storage none a file that is another is an error, however little of it is read", async () => {
  const folder = await host()
  const client = new HubClient()
  await client.open(folder.url, { storage: "none", sha256: { [weights]: wrong } })
  await expect(client.read(weights, 0, 8)).rejects.toThrow("was expected")
})

test.each(["none", "weak-etag"] as const)(
  "with storage none, parts whose version cannot be proved are not put together: %s",
  async (validator) => {
    const folder = await host({ validator })
    const client = new HubClient()
    await client.open(folder.url, { storage: "none" })
    const first = await client.read(weights, 0, 8)
    await change(folder, { validator, version: 2 })
    await client.read(weights, 8, 8)
    expect(await client.read(weights, 0, 8)).toEqual(first)
    const whole = (await requests(folder)).filter(
      ({ file, method, sentBytes }) =>
        method === "GET" && file === weights && sentBytes === folder.files[weights]?.bytes,
    )
    expect(whole.length).toBe(1)
  },
)
