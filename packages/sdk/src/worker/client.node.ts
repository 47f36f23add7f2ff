/** The engine on a thread of Node's, and how such a thread ends without taking the process along. */
import type * as Layer from "effect/Layer"
import { getEnvironmentData, setEnvironmentData, Worker } from "node:worker_threads"
import type { Engine } from "../words/Engine.ts"
import { EngineCrashedError } from "../words/Errors.ts"
import { Interlock } from "../runtime/Interlock.ts"
import { Turns } from "../runtime/Turns.ts"
import { type EngineThread, layerClient, type ThreadEvents } from "./layerClient.ts"
import type { EngineSettings } from "../words/EngineSettings.ts"
import type { AppMessage } from "./Protocol.ts"

/** What the engine's thread is given. */
export interface ThreadData {
  readonly settings: EngineSettings
  readonly interlock: SharedArrayBuffer
  readonly turns: SharedArrayBuffer
}

/** Threads that are started from here on find it, and so do other copies of this module. */
function turnsOfProcess(): Turns {
  const key = "@facet/sdk: turns at the graphics card"
  const known = getEnvironmentData(key)
  const turns = new Turns(known instanceof SharedArrayBuffer ? known : undefined)
  setEnvironmentData(key, turns.buffer)
  return turns
}

/** Engines of one process may not use its graphics card at the same time. */
const turns = turnsOfProcess()

/** The entry lies beside this file: as TypeScript in the sources, as JavaScript in what is published. */
const entry = (): URL => new URL(import.meta.url.endsWith(".ts") ? "./entry.node.ts" : "./entry.js", import.meta.url)

const startWorker = (data: ThreadData): Worker => {
  declineTelemetry()
  const options = { workerData: data, name: "facet-engine" }
  // A thread inherits Node's flags by itself, but stumbles over the one that says how the main script was written.
  const hasInputType = process.execArgv.some((flag) => flag.startsWith("--input-type"))
  return new Worker(entry(), hasInputType ? { ...options, execArgv: [] } : options)
}

/**
 * ONNX Runtime for Node keeps an id of the device and what was run in the user's cache, and sends it to its maker. What
 * people ask a model in their own process is nobody's affair. The library reads its process's environment, which only the
 * main thread can write, when it is loaded; an app that has decided keeps its word.
 */
function declineTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1"
}

/**
 * An engine on a thread of its own, for as long as the layer lives. The thread keeps the process alive only while it
 * works for somebody. When it dies, every call that waits for it fails with an {@link EngineCrashedError}, and a new
 * thread takes its place.
 */
export const layerEngine = (
  settings: EngineSettings,
  start: (data: ThreadData) => Worker = startWorker,
): Layer.Layer<Engine> =>
  layerClient((events) => {
    const interlock = new Interlock()
    return new NodeThread(start({ settings, interlock: interlock.buffer, turns: turns.buffer }), interlock, events)
  })

/** How long a thread has to end by itself, in milliseconds: a native run of a large model takes about a second. */
const grace = 15_000

/** `process.exit()` ends all threads at once: it has to wait for the end of native runs. */
const living = new Set<Interlock>()
process.on("exit", () => {
  for (const interlock of living) interlock.shut()
})

/** The thread's own file, or one that it loads, is not there: it never will be. */
const isMissingModule = (cause: unknown): cause is Error =>
  cause instanceof Error && "code" in cause && ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"].includes(String(cause.code))

const reinstall =
  "A file of the installation is missing: install @facet/sdk again, and where a bundler made the app, keep the package out of the bundle (external)."

class NodeThread implements EngineThread {
  readonly #worker: Worker
  readonly #interlock: Interlock
  readonly #ended: Promise<void>
  #isEnding = false

  constructor(worker: Worker, interlock: Interlock, { onLost, onMessage }: ThreadEvents) {
    this.#worker = worker
    this.#interlock = interlock
    living.add(interlock)
    const lose = (problem: string, remedy?: string) => {
      if (!this.#isEnding) onLost(new EngineCrashedError(remedy === undefined ? { problem } : { problem, remedy }))
    }
    worker.on("message", onMessage)
    worker.on("messageerror", (cause) => {
      lose(`a message could not be read: ${cause.message}`)
      // It would live on, and the process with it.
      void this.end()
    })
    worker.on("error", (cause) => {
      if (isMissingModule(cause)) lose(cause.message, reinstall)
      else lose(cause instanceof Error ? cause.message : String(cause))
    })
    this.#ended = new Promise((resolve) => {
      worker.once("exit", (code) => {
        living.delete(interlock)
        lose(`its thread ended with code ${code}`)
        resolve()
      })
    })
  }

  post = (message: AppMessage): void => this.#worker.postMessage(message)

  keepAlive = (isBusy: boolean): void => {
    if (isBusy) this.#worker.ref()
    else this.#worker.unref()
  }

  end = async (): Promise<void> => {
    this.#isEnding = true
    this.#worker.ref()
    this.post({ kind: "close" })
    const { promise: late, resolve } = Promise.withResolvers<"late">()
    const timer = setTimeout(resolve, grace, "late")
    const outcome = await Promise.race([this.#ended, late])
    clearTimeout(timer)
    if (outcome !== "late") return
    this.#interlock.shut()
    await this.#worker.terminate()
  }
}
