/** A port that is listened to, and how it is left. */
import { getRequestListener } from "@hono/node-server"
import type { Hono } from "hono"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { ServerMetrics } from "./ServerMetrics.ts"

/** How long connections have to take the last bytes of answers that were ended. */
const lastBytesMs = 2000

export class HttpServer {
  readonly #server: Server
  readonly #metrics: ServerMetrics
  #isStopping = false

  constructor(app: Hono, metrics: ServerMetrics) {
    const answer = getRequestListener(app.fetch)
    this.#metrics = metrics
    this.#server = createServer((request, response) => {
      metrics.follow(request, response)
      // Whoever asks a server that is about to end finds another one next time.
      if (this.#isStopping) response.shouldKeepAlive = false
      response.once("close", () => this.#settle())
      void answer(request, response)
    })
  }

  /** @returns where it listens: with port 0 the system has chosen. */
  async listen(port: number, host: string): Promise<AddressInfo> {
    const { promise, reject, resolve } = Promise.withResolvers<AddressInfo>()
    this.#server.once("error", reject)
    this.#server.listen(port, host, () => {
      const address = this.#server.address()
      // A string is the path of a socket, which was not asked for.
      if (typeof address === "object" && address !== null) resolve(address)
    })
    return promise
  }

  /** Waits until nothing is under way, or for so long. The port stays open, so that probes see what is going on. */
  async drain(milliseconds: number): Promise<void> {
    this.#isStopping = true
    const idle = new Promise<void>((resolve) => {
      this.#whenIdle = resolve
      this.#settle()
    })
    await within(milliseconds, idle)
  }

  /** Ends. Answers that were brought to their end have a moment to arrive. */
  async close(): Promise<void> {
    this.#isStopping = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    await within(lastBytesMs, closed)
    this.#server.closeAllConnections()
    await closed
  }

  #whenIdle: () => void = () => undefined

  #settle(): void {
    if (!this.#isStopping) return
    if (this.#metrics.running.size === 0) this.#whenIdle()
    // A connection that has nothing to carry any more must not be waited for.
    setImmediate(() => this.#server.closeIdleConnections())
  }
}

async function within(milliseconds: number, done: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  await Promise.race([done, late])
  clearTimeout(timer)
}
