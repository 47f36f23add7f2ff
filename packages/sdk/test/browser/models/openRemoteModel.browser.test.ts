/** Models that are packed on their way into the browser's storage. */
import { Facet, type Progress } from "@facet/sdk"
import { afterEach, expect, inject, test } from "vitest"
import {
  listStoredModels,
  removeStoredModel,
  type StoredModel,
  verifyStoredModel,
} from "../../../src/files/opfs/StoredModels.browser.ts"
import type { WeightDtype } from "../../../src/words/Tensors.ts"
import { HubClient, until } from "../files/FilesClient.browser.ts"
import type { PublishedRequest } from "./published.browser.ts"

const { packed, url: host } = inject("published")
const good = (name: string): string => `${host}/good/${name}`

afterEach(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

const requests = async (): Promise<ReadonlyArray<PublishedRequest>> =>
  // The host sends its log.
  (await (await fetch(`${host}/log`)).json()) as ReadonlyArray<PublishedRequest>

/** The files of the one model that is stored, as Node's conversion describes its own. */
async function storedFiles(): Promise<object> {
  const [model] = await listStoredModels()
  return Object.fromEntries((model?.files ?? []).map(({ bytes, name, sha256 }) => [name, { bytes, sha256 }]))
}

const asked = (dtype: string) =>
  // The setup converts to these.
  dtype === "usual" ? { packing: "auto" as const, packAbove: 0 } : { packing: dtype as WeightDtype }

test.each(packed)("$name becomes $dtype, byte for byte as on Node, and opens again without a request", async (one) => {
  const { dtype, files, name } = one
  const client = new HubClient()
  const before = (await requests()).length
  await client.openModel(good(name), asked(dtype))
  expect(await storedFiles()).toEqual(files)
  expect(await verifyStoredModel(good(name))).toEqual([])
  const told = client.progress.filter(({ phase }) => phase === "convert")
  expect(told[0]?.message).toMatch(/packed once.*kept in the browser's storage/)
  const steps = told.filter(({ message }) => message === undefined)
  expect(steps.at(-1)).toMatchObject({ loadedBytes: steps[0]?.totalBytes, source: "network" })
  const made = (await requests()).slice(before)
  // Never a whole file of weights, and none twice.
  const weights = made.filter(({ method, path }) => method === "GET" && /\.(?:safetensors|gguf|sbs)$/.test(path))
  const bytes = weights.reduce((sum, request) => sum + request.bytes, 0)
  const sizes = new Map(made.filter(({ method }) => method === "HEAD").map((head) => [head.path, head.bytes]))
  const whole = [...new Set(weights.map(({ path }) => sizes.get(path) ?? 0))].reduce((sum, size) => sum + size, 0)
  expect(Math.max(...weights.map((request) => request.bytes))).toBeLessThan(whole / 2)
  expect(bytes).toBeLessThan(whole + 3 * 1024 * 1024)
  const again = new HubClient()
  await again.openModel(good(name), asked(dtype))
  expect((await requests()).length).toBe(before + made.length)
  expect(await again.size("config.json")).toBe(files["config.json"]?.bytes)
  expect(again.progress.every(({ source }) => source === "cache")).toBe(true)
})

test("is listed with what it was packed as, and removed", async () => {
  await new HubClient().openModel(good("bf16"), { packing: "q4" })
  const [model, ...more] = await listStoredModels()
  expect(more).toEqual([])
  expect(model).toMatchObject({ url: `${good("bf16")}/`, packedAs: "q4", isComplete: true })
  expect(await removeStoredModel(good("bf16"))).toBe(true)
  expect(await listStoredModels()).toEqual([])
  await new HubClient().openModel(good("tiny-f16.gguf"))
  expect((await listStoredModels())[0]).toMatchObject({ url: good("tiny-f16.gguf"), packedAs: "q8" })
  expect(await removeStoredModel(good("tiny-f16.gguf"))).toBe(true)
})

test("few plain weights are stored as they are", async () => {
  await new HubClient().openModel(good("bf16"))
  expect(await only()).toMatchObject({ packedAs: undefined })
  // What is stored serves, whatever would be best.
  await new HubClient().openModel(good("bf16"), { packAbove: 0 })
  expect(await only()).toMatchObject({ packedAs: undefined })
})

test("a stored copy that is packed in another way than it has to be is replaced", async () => {
  await new HubClient().openModel(good("bf16"), { packAbove: 0, usualDtype: "int8" })
  expect(await only()).toMatchObject({ packedAs: "int8" })
  // WebGPU has no use for it.
  await new HubClient().openModel(good("bf16"), { packAbove: 0, device: "webgpu" })
  expect(await only()).toMatchObject({ packedAs: "q8" })
  await new HubClient().openModel(good("bf16"), { packing: "as-published" })
  expect(await only()).toMatchObject({ packedAs: undefined, isComplete: true })
})

async function only(): Promise<StoredModel | undefined> {
  const [model, ...more] = await listStoredModels()
  expect(more).toEqual([])
  return model
}

test("a folder that is packed already opens as it is, and becomes nothing else", async () => {
  const client = new HubClient()
  await client.openModel(good("packed"), { packAbove: 0, usualDtype: "int8" })
  expect(await only()).toMatchObject({ packedAs: undefined, isComplete: true })
  await removeStoredModel(good("packed"))
  await expect(client.openModel(good("packed"), { packing: "q8" })).rejects.toMatchObject({
    name: "InvalidRequestError",
    message: expect.stringMatching(/^dtype: the weights of .* are packed already/),
  })
})

test("what does not fit is told with how much it needs, before anything is stored", async () => {
  const client = new HubClient()
  await client.limitStorage(1_000_000)
  await expect(client.openModel(good("bf16"), { packing: "q4" })).rejects.toMatchObject({
    name: "StorageError",
    message: expect.stringMatching(/needs 2\.\d MB more, and this site may store 1\.0 MB more/),
  })
  expect(await listStoredModels()).toEqual([])
})

test("a tab that closes in the middle leaves nothing that opens, and the next one packs it anew", async () => {
  const slow = `${host}/slow/bf16`
  const client = new HubClient()
  client.openModel(slow, { packing: "q4" }).catch(() => undefined)
  await until(() => client.progress.some(({ loadedBytes, phase }) => phase === "convert" && loadedBytes > 0))
  client.end()
  expect(await only()).toMatchObject({ isComplete: false })
  const next = new HubClient()
  await next.openModel(slow, { packing: "q4" })
  expect(next.progress.some(({ phase }) => phase === "convert")).toBe(true)
  expect(await only()).toMatchObject({ isComplete: true, packedAs: "q4" })
  expect(await verifyStoredModel(slow)).toEqual([])
})

test("aborted, it leaves nothing at all", async () => {
  const client = new HubClient()
  const opening = client.openModel(`${host}/slow/bf16`, { packing: "q4" })
  await until(() => client.progress.some(({ loadedBytes, phase }) => phase === "convert" && loadedBytes > 0))
  await client.abort()
  await expect(opening).rejects.toThrow("the user has had enough")
  expect(await listStoredModels()).toEqual([])
})

test("one tab packs, the others wait for it", async () => {
  const slow = `${host}/slow/bf16`
  const [one, other] = [new HubClient(), new HubClient()]
  const opening = one.openModel(slow, { packing: "q4" })
  await until(() => one.progress.some(({ loadedBytes, phase }) => phase === "convert" && loadedBytes > 0))
  await other.openModel(slow, { packing: "q4" })
  await opening
  expect(other.progress.map(({ phase }) => phase)).toContain("waiting")
  expect(other.progress.map(({ phase }) => phase)).not.toContain("convert")
})

test.each([
  ["whole", /packed while they are read, and the host does not send parts of it/],
  ["nameless", /packed while they are read, and the host names no version of it/],
])("a host that cannot send parts that fit together is refused: %s", async (manner, says) => {
  for (const name of ["bf16", "tiny-f16.gguf"]) {
    const opening = new HubClient().openModel(`${host}/${manner}/${name}`, { packAbove: 0 })
    await expect(opening).rejects.toMatchObject({ name: "DownloadError", message: expect.stringMatching(says) })
  }
  expect(await listStoredModels()).toEqual([])
})

test("a model that changes on the host meanwhile is an error, and nothing of it is left", async () => {
  const opening = new HubClient().openModel(`${host}/changing/bf16`, { packing: "q4" })
  await expect(opening).rejects.toMatchObject({
    name: "ModelFileError",
    message: expect.stringMatching(/changed on the host while it was read/),
  })
  expect(await listStoredModels()).toEqual([])
})

test("what cannot be had of a model is refused", async () => {
  const client = new HubClient()
  const refusal = (name: string, options: Parameters<HubClient["openModel"]>[1]) =>
    expect(client.openModel(good(name), options)).rejects
  await refusal("tiny-f16.gguf", { packing: "as-published" }).toThrow("precision: a single file is always packed anew")
  await refusal("tiny-f16.gguf", { storage: "none" }).toThrow("storage: a single file is packed once")
  await refusal("bf16", { packing: "q4", sha256: { "model.safetensors": "0".repeat(64) } }).toThrow("sha256: ")
  for (const name of ["keras", "keras/model.weights.h5"]) await refusal(name, {}).toThrow("facet convert")
  await refusal("nowhere.gguf", {}).toMatchObject({ name: "DownloadError" })
  expect(await listStoredModels()).toEqual([])
})

test("a page opens a GGUF by its address, packed for wasm, and again without a network", async () => {
  const model = good("tiny-f16.gguf")
  const phases: Array<Progress["phase"]> = []
  const tell = async (facet: Facet) => (await facet.generate("Tell me a story about a fox.", { maxTokens: 12 })).text
  const first = await Facet.open({ model, device: "wasm", onProgress: ({ phase }) => phases.push(phase) })
  const text = await tell(first)
  await first.close()
  expect(text).toContain("fox")
  expect(new Set(phases)).toEqual(new Set(["convert", "download", "files", "session", "ready"]))
  expect(await only()).toMatchObject({ url: model, packedAs: "int8" })
  const before = (await requests()).length
  await using again = await Facet.open({ model, device: "wasm" })
  expect(await tell(again)).toBe(text)
  expect((await requests()).length).toBe(before)
})

test("a page says what weights become", async () => {
  await using facet = await Facet.open({ model: good("bf16"), dtype: "q4", device: "wasm" })
  expect((await facet.generate("Tell me a story about a fox.", { maxTokens: 12 })).text).toContain("fox")
  expect(await only()).toMatchObject({ packedAs: "q4" })
  await expect(Facet.open({ model: "hf:a/b/config.json", shield: "tiny" })).rejects.toMatchObject({
    _tag: "ModelNotFoundError",
  })
  await expect(Facet.open({ dtype: "q4" })).rejects.toThrow("dtype: the embedded models are as they are")
  await expect(Facet.open({ model: good("bf16"), dtype: "q4", storage: "none" })).rejects.toThrow("dtype: ")
})
