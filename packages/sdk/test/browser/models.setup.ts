/** Serves variants of the embedded model to the tests in the browser. */
import { gemmaFolder } from "@facet/tiny"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join, normalize } from "node:path"
import type { TestProject } from "vitest/node"
import { convertModel } from "@facet/checkpoint"
import { temporaryFolder } from "../fixtures/folders.ts"
import type {} from "./provided.browser.ts"
import { readGemma3Goldens, writeGemma3 } from "../fixtures/gemma3.ts"

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { path, [Symbol.asyncDispose]: remove } = await temporaryFolder()
  await convertModel(gemmaFolder, join(path, "quantised"), { dtype: "q4", block: 32 })
  const [golden] = await readGemma3Goldens()
  const config = golden?.config ?? {}
  await writeGemma3(join(path, "gemma3"), { config })
  const first = { num_hidden_layers: 1, layer_types: ["sliding_attention"] }
  await writeGemma3(join(path, "oneLayer"), { config: { ...config, ...first } })
  const headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" }
  const server = createServer((request, response) => {
    const name = normalize(new URL(request.url ?? "/", "http://127.0.0.1").pathname)
    readFile(join(path, name)).then(
      (body) => response.writeHead(200, { ...headers, "Content-Type": "application/octet-stream" }).end(body),
      () => response.writeHead(404, headers).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the host got no port")
  const url = `http://127.0.0.1:${address.port}`
  project.provide("quantised", `${url}/quantised/`)
  project.provide("gemma3", `${url}/gemma3/`)
  project.provide("oneLayer", `${url}/oneLayer/`)
  return async () => {
    server.closeAllConnections()
    server.close()
    await remove()
  }
}
