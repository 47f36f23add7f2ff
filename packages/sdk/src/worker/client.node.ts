/** The engine as an app sees it: the same service, on a thread of its own. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcClient from "effect/rpc/RpcClient"
import { RpcClientError } from "effect/rpc/RpcClientError"
import * as Stream from "effect/Stream"
import { Worker } from "node:worker_threads"
import { Engine } from "../engine/Engine.ts"
import { EngineCrashedError, type FacetError } from "../Errors.ts"
import { Interlock } from "../runtime/Interlock.ts"
import { type EngineThread, layerPlatform } from "./platform.node.ts"
import { type EngineThreadData, EngineRpcs } from "./Protocol.ts"

export type EngineThreadOptions = Omit<EngineThreadData, "interlock">

/** The entry lies beside this file: as TypeScript in the sources, as JavaScript in what is published. */
const entry = new URL(import.meta.url.endsWith(".ts") ? "./entry.ts" : "./entry.js", import.meta.url)

const startThread = (data: EngineThreadData): Worker => {
  const options = { workerData: data, name: "facet-engine" }
  // A thread inherits Node's flags by itself, but stumbles over the one that says how the main script was written.
  const hasInputType = process.execArgv.some((flag) => flag.startsWith("--input-type"))
  return new Worker(entry, hasInputType ? { ...options, execArgv: [] } : options)
}

/**
 * An engine on a thread of its own, for as long as the layer lives. The thread keeps the process alive only while it
 * works for somebody. When it dies, every call that waits for it fails with an {@link EngineCrashedError}, and a new
 * thread takes its place.
 */
export const layerEngine = (
  options: EngineThreadOptions,
  start: (data: EngineThreadData) => Worker = startThread,
): Layer.Layer<Engine> =>
  Layer.unwrap(
    Effect.map(holdThread(options, start), (thread) =>
      Layer.effect(
        Engine,
        Effect.map(RpcClient.make(EngineRpcs), (client) => fromClient(client, thread)),
      ).pipe(
        // The scheduler bounds what runs at once, on the other side, where it answers with a typed error.
        Layer.provide(RpcClient.layerProtocolWorker({ size: 1, concurrency: Number.MAX_SAFE_INTEGER })),
        Layer.provide(layerPlatform(thread.start)),
        // A thread that cannot be started at all is a fault of the installation.
        Layer.orDie,
      ),
    ),
  )

/** The thread that lives now: after a crash it is another. */
interface Thread {
  readonly start: () => EngineThread
  /** Keeps the process alive while a call is under way. */
  readonly hold: Effect.Effect<void>
  readonly letGo: Effect.Effect<void>
}

const holdThread = (options: EngineThreadOptions, start: (data: EngineThreadData) => Worker) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new LivingThread(options, start)),
      (thread) => Effect.sync(() => thread.forget()),
    ),
    (thread): Thread => ({
      start: () => thread.start(),
      hold: Effect.sync(() => thread.count(1)),
      letGo: Effect.sync(() => thread.count(-1)),
    }),
  )

/** One listener for however many engines a process has. */
const living = new Set<LivingThread>()
process.on("exit", () => {
  for (const thread of living) thread.shut()
})

class LivingThread {
  readonly #options: EngineThreadOptions
  readonly #startWorker: (data: EngineThreadData) => Worker
  #current: EngineThread | undefined
  #calls = 0

  constructor(options: EngineThreadOptions, startWorker: (data: EngineThreadData) => Worker) {
    this.#options = options
    this.#startWorker = startWorker
    living.add(this)
  }

  start(): EngineThread {
    const interlock = new Interlock()
    const worker = this.#startWorker({ ...this.#options, interlock: interlock.buffer })
    this.#current = { interlock, worker }
    // Whoever starts it waits for its first message.
    worker.once("message", () => this.#keepAlive())
    return this.#current
  }

  count(change: number): void {
    this.#calls += change
    this.#keepAlive()
  }

  forget(): void {
    living.delete(this)
  }

  #keepAlive(): void {
    if (this.#calls > 0) this.#current?.worker.ref()
    else this.#current?.worker.unref()
  }

  /** `process.exit()` ends all threads at once: it has to wait for the end of a native run. */
  shut(): void {
    this.#current?.interlock.shut()
  }
}

const crashed = (error: FacetError | RpcClientError): FacetError =>
  error instanceof RpcClientError ? new EngineCrashedError({ problem: error.message }) : error

function fromClient(
  client: RpcClient.FromGroup<typeof EngineRpcs, RpcClientError>,
  { hold, letGo }: Thread,
): Engine["Service"] {
  const call = <A>(effect: Effect.Effect<A, FacetError | RpcClientError>): Effect.Effect<A, FacetError> =>
    Effect.acquireUseRelease(
      hold,
      () => Effect.mapError(effect, crashed),
      () => letGo,
    )
  const stream = <A>(parts: Stream.Stream<A, FacetError | RpcClientError>): Stream.Stream<A, FacetError> =>
    Stream.unwrap(
      Effect.as(
        Effect.acquireRelease(hold, () => letGo),
        Stream.mapError(parts, crashed),
      ),
    )
  return {
    load: (model) => stream(client.Load(model)),
    generate: (request) => stream(client.Generate(request)),
    classify: (request) => call(client.Classify(request)),
    inspect: (request) => call(client.Inspect(request)),
    score: (request) => call(client.Score(request)),
    embed: (request) => call(client.Embed(request)),
    stats: call(client.Stats()),
  }
}
