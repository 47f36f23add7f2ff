/** The engine behind its protocol, on the thread where it runs. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { EngineOptions } from "../engine/EngineOptions.ts"
import { makeEngine } from "../engine/makeEngine.ts"
import type { EngineService } from "../words/Engine.ts"
import { asFacetError, errorToPlain, type FacetError } from "../words/Errors.ts"
import type { AppMessage, EngineMessage, Method, StreamMethods, ValueMethods } from "./Protocol.ts"

/** The engine's end of the channel. */
export interface AppPort {
  readonly post: (message: EngineMessage, transfers: ReadonlyArray<ArrayBuffer>) => void
  /** From now on messages go to the listener. Those that came before are not lost. */
  readonly listen: (listener: (message: AppMessage) => void) => void
}

/** Serves the engine until it is told to close. */
export const serve = (options: EngineOptions, port: AppPort): Effect.Effect<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* makeEngine(options)
      const closed = yield* Deferred.make<void>()
      const server = new Server(engine, port)
      port.listen((message) => {
        if (message.kind === "close") Deferred.doneUnsafe(closed, Effect.void)
        else server.receive(message)
      })
      yield* Deferred.await(closed)
      yield* server.interruptAll
    }),
  )

/** A call that runs. */
interface Running {
  readonly fiber: Fiber.Fiber<void, FacetError>
  /** Resumes a stream that waits for its parts to be taken. */
  taken: () => void
}

class Server {
  readonly #engine: EngineService
  readonly #port: AppPort
  readonly #running = new Map<number, Running>()

  constructor(engine: EngineService, port: AppPort) {
    this.#engine = engine
    this.#port = port
  }

  get interruptAll(): Effect.Effect<void> {
    return Fiber.interruptAll([...this.#running.values()].map(({ fiber }) => fiber))
  }

  receive(message: Exclude<AppMessage, { kind: "close" }>): void {
    const { call } = message
    if (message.kind === "call") this.#begin(call, message.method, message.payload)
    else if (message.kind === "taken") this.#running.get(call)?.taken()
    else this.#running.get(call)?.fiber.interruptUnsafe()
  }

  #begin(call: number, method: Method, payload: unknown): void {
    const answer = isStream(method) ? this.#stream(call, method, payload) : this.#value(call, method, payload)
    const fiber = Effect.runFork(answer)
    this.#running.set(call, { fiber, taken: () => {} })
    fiber.addObserver((exit) => {
      this.#running.delete(call)
      if (exit._tag === "Failure" && !Cause.hasInterruptsOnly(exit.cause)) {
        const error = errorToPlain(asFacetError(`The engine's ${method}`, Cause.squash(exit.cause)))
        this.#port.post({ kind: "failed", call, error }, [])
      }
    })
  }

  #value(call: number, method: keyof ValueMethods, payload: unknown): Effect.Effect<void, FacetError> {
    // The client's side of the protocol pairs methods with their payloads.
    const run = this.#engine[method] as (payload: unknown) => Effect.Effect<unknown, FacetError>
    const answer = method === "stats" ? this.#engine.stats : run(payload)
    return Effect.map(answer, (value) => this.#port.post({ kind: "done", call, value }, transfersOf(value)))
  }

  #stream(call: number, method: keyof StreamMethods, payload: unknown): Effect.Effect<void, FacetError> {
    const run = this.#engine[method] as (payload: unknown) => Stream.Stream<unknown, FacetError>
    const send = (parts: ReadonlyArray<unknown>) =>
      Effect.callback<void>((resume) => {
        const running = this.#running.get(call)
        if (running !== undefined) running.taken = () => resume(Effect.void)
        this.#port.post({ kind: "parts", call, parts }, [])
      })
    return Effect.map(Stream.runForEachArray(run(payload), send), () =>
      this.#port.post({ kind: "done", call, value: undefined }, []),
    )
  }
}

const streamMethods: Readonly<Record<keyof StreamMethods, true>> = { load: true, generate: true }

const isStream = (method: Method): method is keyof StreamMethods => Object.hasOwn(streamMethods, method)

/** Large arrays move to the app's thread instead of being copied: they were made for this answer alone. */
function transfersOf(value: unknown): ReadonlyArray<ArrayBuffer> {
  if (typeof value !== "object" || value === null) return []
  return Object.values(value).flatMap((field) =>
    field instanceof Float32Array && field.buffer instanceof ArrayBuffer ? [field.buffer] : [],
  )
}
