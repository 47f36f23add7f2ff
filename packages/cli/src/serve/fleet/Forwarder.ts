/** Hands requests to workers, and their answers back. */
import { type IncomingHttpHeaders, type IncomingMessage, request as ask, type ServerResponse } from "node:http"
import { type Reason, refusalFor } from "../refusalFor.ts"
import type { Fleet } from "./Fleet.ts"
import { soon } from "../soon.ts"
import { peerHeader } from "./Messages.ts"
import { promptChain } from "./promptChain.ts"
import type { WorkerProcess } from "./WorkerProcess.ts"

/** A request that ends one worker after the other is not tried with all of them. */
const mostAttempts = 2

/** A worker that ends in a crash has ended so long after its connections at the latest. */
const crashMs = 200

/** Headers of one connection, which say nothing of the next. Source: RFC 9110, section 7.6.1. */
const ofConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
])

export interface ForwarderOptions {
  readonly fleet: Fleet
  /** The largest request that a worker takes: of more it is given a byte more, which is enough for it to refuse. */
  readonly maxBodyBytes: number
  /** Why nobody may be asked; undefined while everybody may. */
  readonly refusal: () => Reason | undefined
}

export class Forwarder {
  readonly #options: ForwarderOptions

  constructor(options: ForwarderOptions) {
    this.#options = options
  }

  /** Resolves when the answer is out, or whoever asked has left. */
  async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { fleet, maxBodyBytes, refusal } = this.#options
    const body = await read(request, maxBodyBytes + 1)
    if (body === undefined) return
    const chain = promptChain(body, request.headers.authorization ?? "")
    const tried = new Set<WorkerProcess>()
    let isStale = false
    while (tried.size < mostAttempts) {
      const why = refusal()
      if (why !== undefined) return refuse(request, response, why)
      const assigned = fleet.assign(chain, tried)
      if (assigned === undefined) break
      try {
        const outcome = await pass(request, body, response, assigned.worker, isStale)
        if (outcome === "cut") fleet.noteCut()
        if (outcome !== "stale" && outcome !== "unanswered") return
        isStale = outcome === "stale" && (await soon(assigned.worker.ended, crashMs)) === undefined
        if (!isStale) tried.add(assigned.worker)
      } finally {
        assigned.release()
      }
    }
    refuse(request, response, tried.size === 0 ? "opening" : "lost")
  }
}

/** @returns at most so many bytes of the body; undefined where whoever asked has left before its end. */
function read(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const parts: Array<Buffer> = []
    let length = 0
    request.on("data", (part: Buffer) => {
      parts.push(part)
      length += part.byteLength
      // What is too large is read no further: Node throws the rest away once it is answered.
      if (length >= most) end()
    })
    const end = () => {
      request.pause()
      resolve(Buffer.concat(parts).subarray(0, most))
    }
    request.once("end", end)
    request.once("close", () => resolve(undefined))
  })
}

/**
 * `unanswered`: the worker ended before it said anything; `cut`: in the middle; `stale`: a connection that was kept had ended
 * meanwhile, of which the request knows nothing. What a worker that crashes leaves looks the same.
 */
type Outcome = "done" | "left" | "cut" | "unanswered" | "stale"

/** @param isFresh over a connection of its own: what ends then has ended by this request. */
function pass(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { agent, path: socketPath }: WorkerProcess,
  isFresh: boolean,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const { method, url } = request
    const headers = headersFor(request, body)
    const asking = ask({ socketPath, agent: isFresh ? false : agent, method, path: url, headers, setHost: false })
    // Whoever leaves takes his request with him.
    response.once("close", () => {
      if (response.writableFinished) return
      resolve("left")
      asking.destroy()
    })
    asking.on("error", (error) => {
      const isStale = asking.reusedSocket && "code" in error && error.code === "ECONNRESET"
      resolve(response.headersSent ? "cut" : isStale ? "stale" : "unanswered")
    })
    asking.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
      response.flushHeaders()
      answer.pipe(response)
      answer.once("error", () => undefined)
      answer.once("close", () => {
        if (answer.complete) return resolve("done")
        // The end of an answer that was cut must not look like its end.
        response.destroy()
        resolve("cut")
      })
    })
    asking.end(body)
  })
}

function headersFor(request: IncomingMessage, body: Buffer): IncomingHttpHeaders {
  const headers = withoutConnection(request.headers)
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined
  return {
    ...headers,
    ...(hasBody && { "content-length": String(body.byteLength) }),
    [peerHeader]: request.socket.remoteAddress ?? "",
  }
}

const withoutConnection = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const named = new Set(headers.connection?.split(",").map((name) => name.trim().toLowerCase()))
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name) && !named.has(name)))
}

function refuse(request: IncomingMessage, response: ServerResponse, reason: Reason): void {
  if (response.headersSent || response.destroyed) return
  const { body, headers, status } = refusalFor((request.url ?? "").split("?")[0] ?? "", reason)
  response.writeHead(status, headers).end(body)
}
