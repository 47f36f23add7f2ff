/** The engine in a page's Web Worker. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Engine } from "../words/Engine.ts"
import {
  CodeLoadError,
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
    remedy:
      "Open Facet in a page of a browser, not while rendering on a server; or ask a server that has one: RemoteFacet of @facet/sdk/remote.",
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
  /** What the page's policy forbade since the worker was started, before it ran. */
  #violation: SecurityPolicyViolationEvent | undefined

  constructor(worker: Worker, settings: EngineSettings, events: ThreadEvents) {
    this.#worker = worker
    this.#settings = settings
    this.#events = events
    worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#receive(data))
    // A browser says of a script that did not load why it did not at most here.
    globalThis.addEventListener("securitypolicyviolation", this.#blame)
    worker.addEventListener("messageerror", () => this.#lose("a message could not be read"))
    worker.addEventListener("error", (event) => {
      // It is told to whoever waits, not to the page's console.
      event.preventDefault()
      // Of a script that did not load the event is a plain one, whatever its type says.
      this.#lose("message" in event ? event.message : "")
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
  end = async (): Promise<void> => {
    this.#forget()
    this.#worker.terminate()
  }

  readonly #blame = (event: SecurityPolicyViolationEvent): void => {
    if (/^(worker|script|child|default)-src|^require-trusted/.test(event.effectiveDirective)) this.#violation = event
  }

  readonly #forget = (): void => globalThis.removeEventListener("securitypolicyviolation", this.#blame)

  #receive(data: unknown): void {
    if (data === running) {
      if (this.#isRunning) return
      this.#isRunning = true
      this.#forget()
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
    this.#forget()
    this.#worker.terminate()
    this.#events.onLost(this.#isRunning ? crashed(problem) : this.#notStarted(problem))
  }

  #notStarted(problem: string): FacetError {
    const violation = this.#violation
    if (violation !== undefined) return blocked(`the page's policy forbids it (${violation.effectiveDirective})`)
    // A script that came, and failed when it ran, says why.
    if (problem !== "") return blocked(problem)
    return new CodeLoadError({
      what: "the script of the engine's worker",
      url: "",
      problem: navigator.onLine ? "the browser could not load it" : "this device is offline",
      remedy:
        "Try again: it is fetched anew. If it never works, check that the server has the file, sends it as text/javascript and, on a cross-origin isolated page, with Cross-Origin-Embedder-Policy on every response, 304 included; and that the page's Content-Security-Policy has worker-src 'self'. A worker's script comes from the page's own origin: from a CDN it does not start.",
    })
  }
}

const crashed = (problem: string) => new EngineCrashedError({ problem: problem || "its script failed" })

const blocked = (problem: string): WorkerBlockedError =>
  new WorkerBlockedError({
    problem,
    remedy: /trusted/i.test(problem)
      ? "Under `require-trusted-types-for 'script'`, start it in `worker` with an address that your own policy made: docs/in-the-browser.md shows how."
      : "Check that the page's Content-Security-Policy allows it (worker-src 'self'; script-src 'self' 'wasm-unsafe-eval'), that the server sends the script as text/javascript, and, on a cross-origin isolated page, with Cross-Origin-Embedder-Policy. A bundler may have moved it, too: docs/in-the-browser.md says what each needs.",
  })
