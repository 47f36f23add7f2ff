/** An app on a loopback port, as clients meet it. */
import { serve } from "@hono/node-server"
import type { Hono } from "hono"
import type { AddressInfo } from "node:net"

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

export async function listen(app: Hono): Promise<Listening> {
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

export const postJson = (
  url: string,
  body: unknown,
  { headers, ...init }: Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> =>
  fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...headers },
  })

/** Never ends by itself: what would end a turn is forbidden. */
export const endless = { logit_bias: { 1: -100, 107: -100 } }

/** All that an iterable or a stream gives. */
export async function all<A>(items: AsyncIterable<A>): Promise<Array<A>> {
  const list: Array<A> = []
  for await (const item of items) list.push(item)
  return list
}
