/** A port that is listened to, and how it is left. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** How long connections have to take the last bytes of answers that were ended. */
const lastBytesMs = 2000

/** A port of an address, or a socket in the file system. */
export type Place = { readonly port: number; readonly host: string } | { readonly path: string }

/** Who follows requests to their end. */
export interface Follower {
  readonly running: { readonly size: number }
  readonly follow: (request: IncomingMessage, response: ServerResponse) => void
}

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown

export class HttpServer {
  readonly #server: Server
  readonly #metrics: Follower
  #isStopping = false

  constructor(answer: Answering, metrics: Follower) {
    this.#metrics = metrics
    this.#server = createServer((request, response) => {
      metrics.follow(request, response)
      // Whoever asks a server that is about to end finds another one next time.
      if (this.#isStopping) response.shouldKeepAlive = false
      response.once("close", () => this.#settle())
      void this.#answer(answer, request, response)
    })
  }

  /** @returns where it listens: with port 0 the system has chosen. Of a socket, its path. */
  async listen(place: Place): Promise<AddressInfo | string> {
    const { promise, reject, resolve } = Promise.withResolvers<AddressInfo | string>()
    this.#server.once("error", reject)
    this.#server.listen(place, () => resolve(this.#server.address() ?? ""))
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

  /** What one request meets must not end the server for all others. */
  async #answer(answer: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await answer(request, response)
    } catch {
      response.destroy()
    }
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
