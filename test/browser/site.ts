/** A folder of built files, served as a static host would: for tests that open what a bundler made. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { readFile } from "node:fs/promises"
import { extname, join, normalize, resolve, sep } from "node:path"

export interface SiteOptions {
  /** Cross-origin isolation: whether the pages get COOP and COEP, and with them threads. Default: true. */
  readonly isolated?: boolean
  /** The Content-Security-Policy header of every response. Default: none. */
  readonly contentSecurityPolicy?: string
  /** Whether a path is answered with status 503 just now. Default: none is. */
  readonly fails?: (path: string) => boolean
}

export interface Site extends AsyncDisposable {
  /** Ends without a slash: `${site.url}/index.html`. */
  readonly url: string
  /** The paths that were asked for, in order. */
  readonly requests: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
}

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
}

/**
 * Serves a folder on a free port of this machine; a path that ends with a slash is its `index.html`.
 *
 * @example
 * await using site = await serveSite(join(folder, "dist"), { isolated: false })
 */
export async function serveSite(folder: string, options: SiteOptions = {}): Promise<Site> {
  const requests: Array<string> = []
  const headers = headersOf(options)
  const server = createServer((request, response) => {
    const path = pathOf(request)
    requests.push(path)
    if (options.fails?.(path) === true) {
      response.writeHead(503, { ...headers, "Content-Type": "text/plain; charset=utf-8" }).end("Not now")
      return
    }
    void answer(join(folder, path), { folder: resolve(folder), headers, request, response })
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  const close = () => stop(server)
  return { url, requests, close, [Symbol.asyncDispose]: close }
}

const headersOf = ({ contentSecurityPolicy, isolated = true }: SiteOptions): Record<string, string> => ({
  "Cache-Control": "no-cache",
  ...(isolated ? isolation : {}),
  ...(contentSecurityPolicy === undefined ? {} : { "Content-Security-Policy": contentSecurityPolicy }),
})

function pathOf(request: IncomingMessage): string {
  const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://127.0.0.1").pathname))
  return path.endsWith(sep) ? join(path, "index.html") : path
}

interface Exchange {
  readonly folder: string
  readonly headers: Readonly<Record<string, string>>
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function answer(file: string, { folder, headers, request, response }: Exchange): Promise<void> {
  try {
    if (!file.startsWith(folder + sep)) throw new Error("outside the site")
    const body = await readFile(file)
    const type = types[extname(file)] ?? "application/octet-stream"
    response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": body.byteLength })
    response.end(request.method === "HEAD" ? undefined : body)
  } catch {
    response.writeHead(404, { ...headers, "Content-Type": "text/plain; charset=utf-8" }).end("Not found")
  }
}

const listen = (server: Server): Promise<number> =>
  new Promise((done, fail) => {
    server.once("error", fail)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (address === null || typeof address === "string") return fail(new Error("the site got no port"))
      done(address.port)
    })
  })

const stop = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
