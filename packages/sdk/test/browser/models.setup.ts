/** Serves variants of the embedded model to the tests in the browser. */
import { gemmaFolder } from "@facet/tiny"
import { cp, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { join, normalize } from "node:path"
import type { TestProject } from "vitest/node"
import { quantiseFolder } from "@facet/checkpoint"
import { temporaryFolder } from "../fixtures/folders.ts"
import { readGemma3Goldens, writeGemma3 } from "../fixtures/gemma3.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** A folder of the embedded model in blocks of 4 bits. */
    readonly quantised: string
    /** A folder of the embedded model that says other logits of it than it has. */
    readonly wrongLogits: string
    /** A folder of a small random Gemma 3. */
    readonly gemma3: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { path, [Symbol.asyncDispose]: remove } = await temporaryFolder()
  await quantiseFolder(gemmaFolder, join(path, "quantised"), { bits: 4, blockSize: 32 })
  await cp(gemmaFolder, join(path, "wrong"), { recursive: true })
  const known = JSON.parse(await readFile(join(gemmaFolder, "known_logits.json"), "utf8"))
  const [first] = Object.keys(known.logits)
  await writeFile(
    join(path, "wrong", "known_logits.json"),
    JSON.stringify({ ...known, logits: { ...known.logits, [first ?? ""]: 3 } }),
  )
  const [golden] = await readGemma3Goldens()
  await writeGemma3(join(path, "gemma3"), { config: golden?.config ?? {} })
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
  project.provide("wrongLogits", `${url}/wrong/`)
  project.provide("gemma3", `${url}/gemma3/`)
  return async () => {
    server.closeAllConnections()
    server.close()
    await remove()
  }
}
