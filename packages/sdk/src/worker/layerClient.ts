/** The engine as an app sees it: the same service, over messages to the thread where it runs. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Engine, type EngineService } from "../words/Engine.ts"
import { asFacetError, ClosedError, errorFromPlain, type FacetError, invalidRequest } from "../words/Errors.ts"
import type { AppMessage, EngineMessage, Method, StreamMethods, ValueMethods } from "./Protocol.ts"

/** Where the engine runs: a thread that was started, whether it has come up yet or not. */
export interface EngineThread {
  readonly post: (message: AppMessage) => void
  /** Told when calls come to be under way, and when none is left. */
  readonly keepAlive: (isBusy: boolean) => void
  /** Resolves when it is gone. */
  readonly end: () => Promise<void>
}

/** What a thread is started with. */
export interface ThreadEvents {
  readonly onMessage: (message: EngineMessage) => void
  /** It is gone, without having been told to; no message comes after this. */
  readonly onLost: (error: FacetError) => void
}

export type StartThread = (events: ThreadEvents) => EngineThread

/** Parts that wait for a slow reader before the engine is asked for no more. */
const buffered = 16

/**
 * An engine on a thread of its own, for as long as the layer lives. When the thread dies, every call that waits for it
 * fails, and the next call starts another.
 */
export const layerClient = (start: StartThread): Layer.Layer<Engine> =>
  Layer.effect(
    Engine,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => new Calls(start)),
        (calls) => Effect.promise(() => calls.close()),
      ),
      engineOver,
    ),
  )

const engineOver = (calls: Calls): EngineService => ({
  load: (model) => streamOf(calls, "load", model),
  generate: (request) => streamOf(calls, "generate", request),
  judge: (request) => valueOf(calls, "judge", request),
  inspect: (request) => valueOf(calls, "inspect", request),
  inspectAll: (request) => valueOf(calls, "inspectAll", request),
  score: (request) => valueOf(calls, "score", request),
  lens: (request) => valueOf(calls, "lens", request),
  featureLogits: (request) => valueOf(calls, "featureLogits", request),
  searchFeatures: (request) => valueOf(calls, "searchFeatures", request),
  decide: (request) => valueOf(calls, "decide", request),
  calibrate: (request) => valueOf(calls, "calibrate", request),
  embed: (request) => valueOf(calls, "embed", request),
  features: (request) => valueOf(calls, "features", request),
  render: (request) => valueOf(calls, "render", request),
  detokenise: (request) => valueOf(calls, "detokenise", request),
  describe: (model) => valueOf(calls, "describe", model),
  stats: valueOf(calls, "stats", undefined),
})

const valueOf = <M extends keyof ValueMethods>(
  calls: Calls,
  method: M,
  payload: ValueMethods[M]["payload"],
): Effect.Effect<ValueMethods[M]["value"], FacetError> =>
  Effect.callback((resume) => {
    const call = calls.begin(method, payload, {
      onParts: () => {},
      // The server answers a method with what its entry in the protocol says.
      onDone: (value) => resume(Effect.succeed(value as ValueMethods[M]["value"])),
      onFailed: (error) => resume(Effect.fail(error)),
    })
    return Effect.sync(() => calls.interrupt(call))
  })

const streamOf = <M extends keyof StreamMethods>(
  calls: Calls,
  method: M,
  payload: StreamMethods[M]["payload"],
): Stream.Stream<StreamMethods[M]["part"], FacetError> =>
  Stream.callback<StreamMethods[M]["part"], FacetError>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => beginStream(calls, method, payload, queue)),
        (call) => Effect.sync(() => calls.interrupt(call)),
      ),
    { bufferSize: buffered },
  )

function beginStream<M extends keyof StreamMethods>(
  calls: Calls,
  method: M,
  payload: StreamMethods[M]["payload"],
  queue: Queue.Queue<StreamMethods[M]["part"], FacetError | Cause.Done>,
): number {
  const call = calls.begin(method, payload, {
    onParts: (parts) => {
      const offered = Queue.offerAll(queue, parts as ReadonlyArray<StreamMethods[M]["part"]>)
      Effect.runFork(offered).addObserver(() => calls.acknowledge(call))
    },
    onDone: () => Effect.runFork(Queue.end(queue)),
    onFailed: (error) => Effect.runFork(Queue.fail(queue, error)),
  })
  return call
}

/** undefined unless a request holds what structured clone does not copy: a function, a proxy. */
const asUncloneable = (cause: unknown): FacetError | undefined =>
  cause instanceof DOMException && cause.name === "DataCloneError"
    ? invalidRequest("request", `it cannot be sent to the engine (${cause.message})`, "Pass plain data.")
    : undefined

/** What becomes of a call. After `onDone` or `onFailed` nothing more comes. */
interface Listener {
  readonly onParts: (parts: ReadonlyArray<unknown>) => void
  readonly onDone: (value: unknown) => void
  readonly onFailed: (error: FacetError) => void
}

/** The calls that are under way, and the thread that they are under way on. */
class Calls {
  readonly #start: StartThread
  readonly #listeners = new Map<number, Listener>()
  #thread: EngineThread | undefined
  #last = 0
  #isClosed = false

  constructor(start: StartThread) {
    this.#start = start
  }

  begin(method: Method, payload: unknown, listener: Listener): number {
    const call = ++this.#last
    this.#listeners.set(call, listener)
    try {
      if (this.#isClosed) throw new ClosedError()
      this.#thread ??= this.#startThread()
      this.#thread.keepAlive(true)
      this.#thread.post({ kind: "call", call, method, payload })
    } catch (cause) {
      this.#settle(call)?.onFailed(asUncloneable(cause) ?? asFacetError("Calling the engine", cause))
    }
    return call
  }

  acknowledge(call: number): void {
    if (this.#listeners.has(call)) this.#thread?.post({ kind: "taken", call })
  }

  /** Nothing happens to a call that has its answer. */
  interrupt(call: number): void {
    if (this.#settle(call) !== undefined) this.#thread?.post({ kind: "interrupt", call })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const thread = this.#thread
    this.#thread = undefined
    this.#failAll(new ClosedError())
    await thread?.end()
  }

  #startThread(): EngineThread {
    const events: ThreadEvents = {
      onMessage: (message) => {
        if (own === this.#thread) this.#receive(message)
      },
      onLost: (error) => {
        if (own !== this.#thread) return
        this.#thread = undefined
        this.#failAll(error)
      },
    }
    const own = this.#start(events)
    return own
  }

  #receive(message: EngineMessage): void {
    if (message.kind === "parts") this.#listeners.get(message.call)?.onParts(message.parts)
    else if (message.kind === "done") this.#settle(message.call)?.onDone(message.value)
    else
      this.#settle(message.call)?.onFailed(errorFromPlain(message.error) ?? asFacetError("The engine", message.error))
  }

  #settle(call: number): Listener | undefined {
    const listener = this.#listeners.get(call)
    this.#listeners.delete(call)
    if (this.#listeners.size === 0) this.#thread?.keepAlive(false)
    return listener
  }

  #failAll(error: FacetError): void {
    // A listener may begin calls of its own, which are not among those that failed.
    const failed = Array.from(this.#listeners.keys())
    for (const call of failed) this.#settle(call)?.onFailed(error)
  }
}
