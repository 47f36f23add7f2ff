import type { AddressInfo } from "node:net"
import { serve } from "@hono/node-server"
import type { Hono } from "hono"

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

/**
 * Serves an app to this machine alone.
 *
 * @param port 0 lets the system choose
 */
export async function listen(app: Hono, port = 0): Promise<Listening> {
  const { promise, reject, resolve } = Promise.withResolvers<AddressInfo>()
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, resolve)
  server.once("error", reject)
  const address = await promise
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed())
        if ("closeAllConnections" in server) server.closeAllConnections()
      }),
  }
}
