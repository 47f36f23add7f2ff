/** One autoencoder over HTTP, and a folder of a bundler's assets. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { listStoredModels, removeStoredModel } from "../../../src/files/opfs/StoredModels.browser.ts"
import { change, host, HubClient, requests } from "./FilesClient.browser.ts"

let client: HubClient

beforeAll(() => {
  client = new HubClient()
})

afterAll(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

const path = "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71"
const zip = "PK\u0003\u0004 the arrays"

test("a scope's layer and site come from its path, its labels from beside it", async () => {
  const labels = '{ "3": { "label": "animals" } }'
  const folder = await host({ contents: { [`${path}/params.npz`]: zip, [`${path}/labels.json`]: labels } })
  const url = `${folder.url}${path}/params.npz`
  const scope = await client.openScope(url)
  expect(scope).toEqual({
    root: `${folder.url}${path}`,
    entries: [{ file: "params.npz", layer: 20, site: "resid_post", width: 16384, averageL0: 71 }],
  })
  expect(await client.size("params.npz")).toBe(zip.length)
  expect(await client.text("labels.json")).toBe(labels)
  expect(await listStoredModels()).toMatchObject([{ url, isComplete: true }])

  await change(folder, { isDown: true })
  await client.openScope(url)
  expect(await removeStoredModel(url)).toBe(true)
})

test("a scope needs no labels, and what its path does not say can be given", async () => {
  const folder = await host({ contents: { "params.npz": zip } })
  const url = `${folder.url}params.npz`
  await expect(client.openScope(url)).rejects.toMatchObject({ name: "ScopeFileError" })
  const { entries } = await client.openScope(url, { layer: 2, site: "mlp_out" })
  expect(entries).toMatchObject([{ file: "params.npz", layer: 2, site: "mlp_out" }])
  expect(await client.exists("labels.json")).toBe(false)
})

test("a scope beside a model is kept apart from it", async () => {
  const folder = await host({ contents: { "params.npz": zip } })
  await client.openScope(`${folder.url}params.npz`, { layer: 2, site: "mlp_out" })
  await client.open(folder.url)
  expect(await client.exists("params.npz")).toBe(false)
  await client.openScope(`${folder.url}params.npz`, { layer: 2, site: "mlp_out" })
  expect(await client.exists("params.npz")).toBe(true)
})

test("what is no autoencoder is refused", async () => {
  const folder = await host({ pages: [`${path}/params.npz`] })
  await expect(client.openScope(`${folder.url}${path}/params.npz`)).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/a web page/),
  })
  await expect(client.openScope(`${folder.url}${path}/`)).rejects.toMatchObject({ name: "ScopeFileError" })
  await expect(client.openScope(`${folder.url}layer_1/x/params.npz`, { layer: 2 })).rejects.toMatchObject({
    name: "InvalidRequestError",
  })
})

test("assets are fetched once, read by ranges, and tell their progress", async () => {
  const folder = await host()
  client.progress.length = 0
  await client.openAssets({
    "config.json": `data:application/json,${encodeURIComponent('{"a":1}')}`,
    "model.safetensors": `${folder.url}model.safetensors`,
  })
  expect(await client.text("config.json")).toBe('{"a":1}')
  expect(await client.exists("tokenizer.json")).toBe(false)
  const [first, second] = await Promise.all([
    client.read("model.safetensors", 0, 64),
    client.read("model.safetensors", 32, 32),
  ])
  expect(first.slice(32)).toEqual(second)
  expect(await client.size("model.safetensors")).toBe(3 * 1024 * 1024)
  expect((await requests(folder)).length).toBe(1)
  expect(client.progress.at(-1)).toMatchObject({ phase: "download", file: "model.safetensors", source: "network" })
  await expect(client.read("model.safetensors", 3 * 1024 * 1024 - 1, 2)).rejects.toThrow(/truncated/)
  await expect(client.text("tokenizer.json")).rejects.toMatchObject({ name: "ModelFileError" })
})

test("an asset that was not deployed is named, and asked for again later", async () => {
  const folder = await host({ pages: ["config.json"], missing: ["tokenizer.json"] })
  const urls = { "config.json": `${folder.url}config.json`, "tokenizer.json": `${folder.url}tokenizer.json` }
  await client.openAssets(urls)
  await expect(client.text("config.json")).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/a web page instead of the file/),
  })
  await expect(client.text("tokenizer.json")).rejects.toThrow(/status 404/)
  await change(folder, {})
  expect(JSON.parse(await client.text("config.json"))).toHaveProperty("version")
})
