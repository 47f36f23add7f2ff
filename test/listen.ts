/** A server on a loopback port, as clients meet it. */
import { serve } from "@hono/node-server"
import type { Hono } from "hono"
import type { AddressInfo } from "node:net"

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

export async function listen(app: Pick<Hono, "fetch">): Promise<Listening> {
  const { promise, resolve } = Promise.withResolvers<AddressInfo>()
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, resolve)
  const { port } = await promise
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed())
        if ("closeAllConnections" in server) server.closeAllConnections()
      }),
  }
}
