/** The engine in a page's Web Worker. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Engine } from "../words/Engine.ts"
import {
  EngineCrashedError,
  type FacetError,
  invalidRequest,
  UnsupportedDeviceError,
  WorkerBlockedError,
} from "../words/Errors.ts"
import type { EngineSettings, PageWorker } from "../words/EngineSettings.ts"
import { type EngineThread, layerClient, type ThreadEvents } from "./layerClient.ts"
import type { AppMessage, EngineMessage } from "./Protocol.ts"
import { type LostMessage, running, type ToWorker } from "./WorkerMessages.ts"

/** Bundlers find the worker by this very expression. */
const startWorker = (): Worker =>
  new Worker(new URL("./entry.browser.ts", import.meta.url), { type: "module", name: "facet-engine" })

/**
 * An engine in a Web Worker, for as long as the layer lives. When the worker dies, every call that waits for it fails
 * with an `EngineCrashedError`, and a new one takes its place. Where the page may not start one, calls fail with a
 * `WorkerBlockedError`.
 */
export const layerEngine = (
  settings: EngineSettings,
  worker: () => PageWorker = startWorker,
): Layer.Layer<Engine, FacetError> =>
  typeof Worker === "undefined"
    ? Layer.unwrap(Effect.fail(noWorkers()))
    : layerClient((events) => new WebThread(startedBy(worker), settings, events))

const noWorkers = () =>
  new UnsupportedDeviceError({
    device: "any",
    problem: "this place has no Web Workers",
    remedy: "Open Facet in a page of a browser, not while rendering on a server.",
  })

function startedBy(start: () => PageWorker): Worker {
  let worker: unknown
  try {
    worker = start()
  } catch (cause) {
    throw blocked(cause instanceof Error ? cause.message : String(cause))
  }
  const refuse = (problem: string) =>
    invalidRequest("worker", problem, "Return what `new Worker(…)` gives, a new module worker each time.")
  if (!(worker instanceof Worker)) throw refuse("it gave no Worker")
  if (used.has(worker)) throw refuse("it gave the same Worker twice")
  used.add(worker)
  return worker
}

/** One worker is one engine's, and ends with it. */
const used = new WeakSet<Worker>()

class WebThread implements EngineThread {
  readonly #worker: Worker
  readonly #settings: EngineSettings
  readonly #events: ThreadEvents
  /** Calls that came before the worker's script ran: it would not hear them. */
  readonly #early: Array<AppMessage> = []
  #isRunning = false

  constructor(worker: Worker, settings: EngineSettings, events: ThreadEvents) {
    this.#worker = worker
    this.#settings = settings
    this.#events = events
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#receive(data))
    worker.addEventListener("messageerror", () => this.#lose("a message could not be read"))
    worker.addEventListener("error", (event) => {
      // It is told to whoever waits, not to the page's console.
      event.preventDefault()
      this.#lose(event.message)
    })
    // Whoever made the worker may have made it long ago.
    worker.postMessage({ kind: "hello" } satisfies ToWorker)
  }

  post = (message: AppMessage): void => {
    if (this.#isRunning) this.#worker.postMessage(message)
    // Copied as posting does it: what cannot travel is refused now, and what changes later is not seen.
    else this.#early.push(structuredClone(message))
  }

  /** A page lives whether its workers do or not. */
  keepAlive = (): void => {}

  /** In a browser a worker may end at any moment, also inside a run: all its memory comes back at once. */
  end = async (): Promise<void> => this.#worker.terminate()

  #receive(data: unknown): void {
    if (data === running) {
      if (this.#isRunning) return
      this.#isRunning = true
      this.#worker.postMessage({ kind: "start", settings: this.#settings } satisfies ToWorker)
      for (const message of this.#early.splice(0)) this.#worker.postMessage(message)
      return
    }
    // Our own worker's messages are of these kinds; another script's would not have said the first word.
    const message = data as EngineMessage | LostMessage
    if (message.kind === "lost") this.#lose(message.reason)
    else this.#events.onMessage(message)
  }

  #lose(problem: string): void {
    this.#worker.terminate()
    // A browser says why a script failed, but not why it was not loaded.
    const error = this.#isRunning
      ? new EngineCrashedError({ problem: problem || "its script failed" })
      : blocked(problem || "the browser did not load its script")
    this.#events.onLost(error)
  }
}

const blocked = (problem: string): WorkerBlockedError =>
  new WorkerBlockedError({
    problem,
    remedy:
      "Check that the page's Content-Security-Policy allows it (worker-src 'self'; script-src 'self' 'wasm-unsafe-eval'), that the server sends the script as text/javascript, and, on a cross-origin isolated page, with Cross-Origin-Embedder-Policy. A bundler may have moved it, too: docs/in-the-browser.md says what each needs.",
  })
