/** Serving with several processes behind one port. */
import { getRequestListener } from "@hono/node-server"
import { type ChildProcess, fork } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Console } from "../../Console.ts"
import { HttpServer } from "../HttpServer.ts"
import { makeStanding, type State } from "../makeApp.ts"
import type { ServeOptions } from "../ServeOptions.ts"
import { tellAddress } from "../tellAddress.ts"
import { untilAborted } from "../untilAborted.ts"
import { Fleet } from "./Fleet.ts"
import { Forwarder } from "./Forwarder.ts"
import { socketVariable } from "./Messages.ts"

export interface FleetServing {
  readonly workers: number
  readonly maxBodyBytes: number
  /** How many requests more than another a worker may have because it has read their beginnings. */
  readonly slack: number
}

/** What the fleet answers by itself; all else is the workers'. */
const standing = new Set(["/", "/healthz", "/readyz", "/metrics"])

/** A model of 27 billion parameters is read from a slow disk in less. */
const openWithinMs = 600_000

/** Serves until the console's signal fires, and then until all is answered or the time of grace is over. */
export async function runFleet(console: Console, options: ServeOptions, serving: FleetServing): Promise<void> {
  await using sockets = await socketFolder()
  const graceMs = options.graceSeconds * 1000
  let state: Exclude<State, "ready"> | "serving" = "opening"
  const tell = (line: string) => void console.err.writeLine(line)
  const fleet = new Fleet({
    size: serving.workers,
    slack: serving.slack,
    graceMs,
    openWithinMs,
    ...sockets,
    start: startWorker,
    tell,
  })
  const stateNow = (): State => (state === "stopping" ? state : fleet.ready.length > 0 ? "ready" : "opening")
  const figures = () => fleet.figures()
  const own = getRequestListener(makeStanding({ allowedHosts: options.allowedHosts, figures, state: stateNow }).fetch)
  const forwarder = new Forwarder({
    fleet,
    maxBodyBytes: serving.maxBodyBytes,
    refusal: () => (state === "stopping" ? state : undefined),
  })
  const running = new Running()
  const server = new HttpServer((request, response) => {
    const isOwn = standing.has((request.url ?? "").split("?")[0] ?? "")
    return isOwn ? own(request, response) : forwarder.forward(request, response)
  }, running)
  const place = await server.listen({ port: options.port, host: options.host })
  const reload = () => {
    if (state === "serving") void fleet.reload()
  }
  // In a terminal it says that the terminal was closed, and ends the server as it does any program.
  if (!console.err.isTerminal) process.on("SIGHUP", reload)
  try {
    const isOpen = fleet.open().then(() => true)
    const isWanted = await Promise.race([isOpen, untilAborted(console.signal).then(() => false)])
    // A signal during opening ends it; what it does to the opening is no failure.
    isOpen.catch(() => undefined)
    if (isWanted) {
      state = "serving"
      await tellAddress(console, place, options)
      await untilAborted(console.signal)
    }
    state = "stopping"
    await server.drain(graceMs)
  } finally {
    process.off("SIGHUP", reload)
    await fleet.close(0)
    await server.close()
  }
}

/** Requests that are under way here. */
class Running {
  readonly running = new Set<ServerResponse>()

  follow(_: IncomingMessage, response: ServerResponse): void {
    this.running.add(response)
    response.once("close", () => this.running.delete(response))
  }
}

/** Sockets that nobody else on the machine can reach: workers trust the fleet to say who asks. */
async function socketFolder() {
  if (process.platform === "win32") {
    const pathFor = (id: number) => `\\\\.\\pipe\\facet-${process.pid}-${id}`
    return { pathFor, [Symbol.asyncDispose]: async () => undefined }
  }
  // `mkdtemp` makes folders that only their owner may enter.
  const folder = await mkdtemp(join(tmpdir(), "facet-"))
  return {
    pathFor: (id: number) => join(folder, String(id)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The same command line once more. Of its own session, so that Ctrl-C is the fleet's to act on. */
function startWorker(path: string, isFirst: boolean): ChildProcess {
  const [, main = "", ...words] = process.argv
  const child = fork(main, words, {
    env: { ...process.env, [socketVariable]: path },
    stdio: ["ignore", "ignore", isFirst ? "inherit" : "pipe", "ipc"],
    detached: true,
  })
  child.stderr?.on("data", (text) => process.stderr.write(text))
  return child
}
