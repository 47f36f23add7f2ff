/** Neuronpedia as it answers: bulk exports, and single features. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { gzipSync } from "node:zlib"

export interface Asked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export class NeuronpediaServer implements AsyncDisposable {
  readonly asked: Array<Asked> = []
  /** Answers in place of the usual ones, the next first. */
  readonly planted: Array<{ readonly status: number; readonly headers?: Readonly<Record<string, string>> }> = []
  /** Batches of a source's explanations. */
  batches: Array<ReadonlyArray<object>> = []
  features: Readonly<Record<string, object>> = {}
  readonly #server = createServer((request, response) => {
    const path = request.url ?? ""
    this.asked.push({ path, headers: request.headers })
    const planted = this.planted.shift()
    if (planted !== undefined) return void response.writeHead(planted.status, { ...planted.headers }).end("{}")
    const batch = /\/gemma-2-2b\/20-gemmascope-res-16k\/explanations\/batch-(\d+)\.jsonl\.gz$/.exec(path)?.[1]
    const rows = batch === undefined ? undefined : this.batches[Number(batch)]
    if (rows !== undefined) {
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("")
      return void response.writeHead(200, { "content-type": "binary/octet-stream" }).end(gzipSync(lines))
    }
    const feature = this.features[path.replace("/api/feature/", "")]
    if (feature === undefined) return void response.writeHead(path.startsWith("/api/") ? 404 : 403).end("<Error/>")
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(feature))
  })

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  static async start(): Promise<NeuronpediaServer> {
    const made = new NeuronpediaServer()
    await new Promise<void>((done) => void made.#server.listen(0, "127.0.0.1", done))
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
