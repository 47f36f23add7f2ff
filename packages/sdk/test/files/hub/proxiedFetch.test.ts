/** Proxies of the usual variables, with a proxy that is there. */
import { createServer, request as ask, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const proxied: Array<string> = []
const listening: Array<Server> = []
const listen = async (server: Server): Promise<string> => {
  listening.push(server)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

let proxy: string
let host: string
beforeAll(async () => {
  host = await listen(createServer((_, response) => response.end("there")))
  const server = createServer((request, response) => {
    proxied.push(request.url ?? "")
    request.pipe(ask(request.url ?? "", (answer) => answer.pipe(response)))
  })
  server.on("connect", (request, socket) => {
    proxied.push(request.url ?? "")
    const { hostname, port } = new URL(`http://${request.url}`)
    void import("node:net").then(({ connect }) => {
      const to = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
        to.pipe(socket)
        socket.pipe(to)
      })
      to.on("error", () => socket.destroy())
      socket.on("error", () => to.destroy())
    })
  })
  proxy = await listen(server)
})
afterAll(async () => {
  for (const server of listening) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})

/** In a process of its own: what a proxy is made from is read once. */
const fetchWith = async (env: Readonly<Record<string, string>>): Promise<string> => {
  const module = new URL("../../../src/files/hub/proxiedFetch.node.ts", import.meta.url).href
  const code = `const { proxiedFetch } = await import(${JSON.stringify(module)})
    const answer = await proxiedFetch(${JSON.stringify(host)}, { headers: { range: "bytes=0-" }, redirect: "manual" })
    process.stdout.write(await new Response(answer.body, { headers: answer.headers }).text())`
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)))
  return (
    await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], { env: { ...clean, ...env } })
  ).stdout
}

describe("requests", () => {
  it.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY"])("go through the proxy of %s", async (name) => {
    proxied.length = 0
    assert.strictEqual(await fetchWith({ [name]: proxy }), "there")
    assert.lengthOf(proxied, 1)
  })

  it("go straight to the hosts of NO_PROXY, and without a proxy", async () => {
    proxied.length = 0
    assert.strictEqual(await fetchWith({ HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1" }), "there")
    assert.strictEqual(await fetchWith({}), "there")
    assert.lengthOf(proxied, 0)
  })
})
