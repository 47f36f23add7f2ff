/** Hosts that give no model: each is a `DownloadError` that says what is wrong and what to do. */
import { afterAll, beforeAll, expect, test } from "vitest"
import { listStoredModels, removeStoredModel } from "../../../src/files/opfs/StoredModels.browser.ts"
import { change, host, HubClient, requests } from "./FilesClient.browser.ts"
import type { Behaviour } from "./modelHost.ts"

const mebibyte = 1024 * 1024
const weights = "model.safetensors"

let client: HubClient

beforeAll(() => {
  client = new HubClient()
})

afterAll(async () => {
  HubClient.endAll()
  for (const { url } of await listStoredModels()) await removeStoredModel(url)
})

interface BadHost {
  readonly name: string
  readonly behaviour: Behaviour
  readonly file: string
  readonly says: RegExp
}

const badHosts: ReadonlyArray<BadHost> = [
  { name: "no CORS", behaviour: { cors: false }, file: "config.json", says: /CORS.*Access-Control-Allow-Origin/s },
  { name: "gone", behaviour: { isDown: true }, file: "config.json", says: /does not answer/ },
  {
    name: "a page with status 200",
    behaviour: { pages: ["*"] },
    file: "config.json",
    says: /a web page instead of the file \(status 200, sent as text\/html\)/,
  },
  {
    name: "a page with the type of the file",
    behaviour: { contents: { "config.json": "<!DOCTYPE html><p>Sign in" } },
    file: "config.json",
    says: /a web page instead of the file \(status 200, sent as application\/json\)/,
  },
  {
    name: "a page in place of the weights",
    behaviour: { pages: [weights] },
    file: weights,
    says: /there is no such file, and no model.safetensors.index.json either/,
  },
  {
    name: "a page in place of the tokenizer",
    behaviour: { pages: ["tokenizer.json"] },
    file: "tokenizer.json",
    says: /a web page instead of the file/,
  },
  { name: "404", behaviour: { missing: ["config.json"] }, file: "config.json", says: /no such file \(status 404\)/ },
  { name: "401", behaviour: { statuses: { "config.json": 401 } }, file: "config.json", says: /status 401.*gated/ },
  { name: "403", behaviour: { statuses: { "config.json": 403 } }, file: "config.json", says: /status 403.*gated/ },
  {
    name: "500 for ever",
    behaviour: { statuses: { "config.json": 500 } },
    file: "config.json",
    says: /the host answered with status 500/,
  },
  { name: "no weights", behaviour: { missing: [weights] }, file: weights, says: /there is no such file/ },
  {
    name: "no tokenizer",
    behaviour: { missing: ["tokenizer.json"] },
    file: "tokenizer.json",
    says: /there is no such file/,
  },
  {
    name: "a shard is missing",
    behaviour: { shards: 2, missing: ["model-00002-of-00002.safetensors"] },
    file: "model-00002-of-00002.safetensors",
    says: /there is no such file/,
  },
  {
    name: "Git LFS pointers",
    behaviour: { contents: { [weights]: "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n" } },
    file: weights,
    says: /a Git LFS pointer.*git lfs pull/,
  },
  {
    name: "a picture",
    behaviour: { contents: { [weights]: "\u0089PNG and so on and on" }, types: { [weights]: "image/png" } },
    file: weights,
    says: /not a safetensors file, sent as image\/png/,
  },
  { name: "an empty file", behaviour: { contents: { "config.json": "" } }, file: "config.json", says: /not JSON/ },
]

test.each(badHosts)("$name", async ({ behaviour, file, says }) => {
  const folder = await host(behaviour)
  const failure = await client.open(folder.url).then(
    () => undefined,
    (cause: Error) => cause,
  )
  expect(failure).toMatchObject({ name: "DownloadError", message: expect.stringMatching(says) })
  expect(failure?.message).toContain(`${folder.url}${file}`)
})

test.each(badHosts.filter(({ file }) => file === "config.json"))("$name, with storage none", async (bad) => {
  const folder = await host(bad.behaviour)
  await expect(client.open(folder.url, { storage: "none" })).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(bad.says),
  })
})

test("a weights' index that leaves the folder is refused", async () => {
  const index = JSON.stringify({ weight_map: { a: "../../elsewhere.safetensors" } })
  const folder = await host({ missing: [weights], contents: { "model.safetensors.index.json": index } })
  await expect(client.open(folder.url)).rejects.toMatchObject({
    name: "ModelFileError",
    message: expect.stringMatching(/no .safetensors file of this folder/),
  })
})

test("a host that falls silent is given up, after it was asked again", async () => {
  const folder = await host({ silent: [weights] })
  await expect(client.open(folder.url, { stallMs: 150 })).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/sent nothing for 0.15 seconds/),
  })
  expect((await requests(folder)).filter(({ file }) => file === weights).length).toBe(4)
})

test("a body that always breaks at the same byte is given up, and what came is kept", async () => {
  const folder = await host({ ranges: false, breakAfter: 2 * mebibyte, weightsBytes: 3 * mebibyte })
  await expect(client.open(folder.url)).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/the connection broke.*what has arrived is kept/),
  })
  await change(folder, { weightsBytes: 3 * mebibyte })
  await client.open(folder.url)
})

test("a host that answers another range than was asked for is refused", async () => {
  const folder = await host({ breakAfter: mebibyte, breaks: 1, shift: 3 })
  await expect(client.open(folder.url)).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/asked for the bytes from \d+ on, the host sent those from \d+ on/),
  })
})

const good: ReadonlyArray<readonly [string, Behaviour]> = [
  ["wrong types", { types: { "config.json": "text/plain", [weights]: "text/html" } }],
  ["no HEAD", { head: false }],
  ["HEAD ends the connection", { head: "breaks" }],
  ["403 for what is not there", { statuses: { "chat_template.jinja": 403, "tokenizer_config.json": 403 } }],
  ["a page for every file that is not there", { pages: ["chat_template.jinja", "tokenizer_config.json"] }],
  ["weights in several files behind a page", { shards: 2, pages: [weights] }],
  ["nothing exposed, no version", { exposes: false, validator: "none", ranges: false }],
]

test.each(good)("a model is a model: %s", async (_, behaviour) => {
  const folder = await host(behaviour)
  await client.open(folder.url)
  for (const [name, { bytes }] of Object.entries(folder.files)) expect(await client.size(name)).toBe(bytes)
  expect(await client.exists("chat_template.jinja")).toBe(false)
})

test.each([
  ["ftp://example.org/model/", /not ftp:/],
  ["https://user:secret@example.org/model/", /user name or a password/],
  ["http://", /not a URL/],
])("%s is no folder", async (url, says) => {
  await expect(client.open(url)).rejects.toMatchObject({ name: "DownloadError", message: expect.stringMatching(says) })
})
