/** Serves models as they are published to the tests of packing, and says what Node's conversion makes of them. */
import { createReadStream } from "node:fs"
import { mkdir, readFile, stat, writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { join, normalize } from "node:path"
import { convertModel, type Dtype, type Manifest, manifestFile } from "@facet/checkpoint"
import { gemmaFolder } from "@facet/tiny"
import { createHash } from "node:crypto"
import { gunzipSync } from "node:zlib"
import type { TestProject } from "vitest/node"
import { isCampaign } from "../../../../../test/campaign.ts"
import { converted, temporaryFolder } from "../../fixtures/folders.ts"
import { splitGguf } from "../../fixtures/splitGguf.ts"
import type { Packed, PublishedRequest } from "./published.browser.ts"

/** What is published, and what Node packs it as: each kind of file and each precision once, all pairs in a campaign. */
const sources: ReadonlyArray<readonly [string, ReadonlyArray<Dtype | "usual">]> = [
  ["bf16", isCampaign ? ["usual", "q4", "int8", "f16"] : ["usual", "f16"]],
  ["sharded", ["q4"]],
  ["f32", ["q8"]],
  ["tiny-f16.gguf", isCampaign ? ["usual", "q4"] : ["q4"]],
  ["tiny-q4.gguf", ["usual"]],
  ["split-00001-of-00003.gguf", ["usual"]],
  ["single.sbs", ["f16"]],
]

/** How the host treats requests, by the first part of their path. */
const manners = ["good", "whole", "nameless", "changing", "slow"]

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { path, [Symbol.asyncDispose]: remove } = await temporaryFolder()
  const published = join(path, "published")
  await mkdir(published)
  await converted(join(published, "bf16"), "BF16")
  await converted(join(published, "sharded"), "BF16", 3)
  await converted(join(published, "f32"), "F32")
  await convertModel(gemmaFolder, join(published, "tiny-f16.gguf"), { dtype: "f16" })
  await convertModel(gemmaFolder, join(published, "tiny-q4.gguf"), { dtype: "q4", embedding: "q8" })
  await splitGguf(join(published, "tiny-f16.gguf"), join(published, "split"), 3)
  await convertModel(gemmaFolder, join(published, "packed"), { dtype: "q4" })
  const sbs = await readFile(new URL("../../../../checkpoint/test/sbs/models/single.sbs.gz", import.meta.url))
  await writeFile(join(published, "single.sbs"), gunzipSync(sbs))
  await mkdir(join(published, "keras"))
  await writeFile(join(published, "keras", "config.json"), "{}")
  await writeFile(join(published, "keras", "model.weights.h5"), "\u0089HDF")
  const log: Array<PublishedRequest> = []
  const server = createServer((request, response) => {
    serve(published, log, request, response).catch(() => response.writeHead(404, cors).end())
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the host got no port")
  const url = `http://127.0.0.1:${address.port}`
  const packed: Array<Packed> = []
  for (const [name, dtypes] of sources) {
    for (const dtype of dtypes) {
      const target = join(path, `${name}-${dtype}`)
      const origin = { id: `${url}/good/${name}` }
      await convertModel(join(published, name), target, { ...(dtype !== "usual" && { dtype }), origin })
      packed.push({ name, dtype, files: await sumsOf(target) })
    }
  }
  project.provide("published", { url, packed })
  return async () => {
    server.closeAllConnections()
    server.close()
    await remove()
  }
}

/** What the manifest says of each file, and the manifest itself. */
async function sumsOf(folder: string): Promise<Packed["files"]> {
  const bytes = await readFile(join(folder, manifestFile))
  // `convertModel` has just written it.
  const { files } = JSON.parse(bytes.toString()) as Manifest
  return { ...files, [manifestFile]: { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") } }
}

const cors = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "ETag, Content-Range",
  "Cross-Origin-Resource-Policy": "cross-origin",
}

async function serve(
  root: string,
  log: Array<PublishedRequest>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, manner = "", ...rest] = normalize(new URL(request.url ?? "/", "http://host").pathname).split("/")
  if (manner === "log") {
    response.writeHead(200, { ...cors, "Content-Type": "application/json" })
    return void response.end(JSON.stringify(log))
  }
  if (!manners.includes(manner)) throw new Error("no such host")
  const file = join(root, ...rest)
  const { size } = await stat(file)
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "")
  const isRanged = request.method !== "HEAD" && wanted !== null && manner !== "whole"
  const start = isRanged ? Number(wanted[1]) : 0
  const end = isRanged && wanted[2] !== "" ? Math.min(Number(wanted[2]) + 1, size) : size
  log.push({ method: request.method ?? "", path: `${manner}/${rest.join("/")}`, bytes: end - start })
  // A good while after its header was read.
  const version = manner === "changing" && log.length % 40 === 0 ? "v2" : "v1"
  response.writeHead(isRanged ? 206 : 200, {
    ...cors,
    "Content-Length": end - start,
    "Content-Type": "application/octet-stream",
    ...(manner !== "nameless" && { ETag: `"${version}"` }),
    ...(isRanged && { "Content-Range": `bytes ${start}-${end - 1}/${size}` }),
  })
  if (request.method === "HEAD") return void response.end()
  if (manner === "slow") await new Promise((resolve) => setTimeout(resolve, 30))
  createReadStream(file, { start, end: Math.max(start, end - 1) }).pipe(response)
}
