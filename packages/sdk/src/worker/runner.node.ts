/** Effect's worker runner on Node's `parentPort`. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { WorkerError, WorkerSpawnError } from "effect/workers/WorkerError"
import * as WorkerRunner from "effect/workers/WorkerRunner"
import { parentPort } from "node:worker_threads"

/** Sent to the app's side: `[0]` when the thread is ready, `[1, message]` afterwards. Received: `[0, message]`, `[1]` to close. */
export const layerRunner: Layer.Layer<WorkerRunner.WorkerRunnerPlatform> = Layer.succeed(
  WorkerRunner.WorkerRunnerPlatform,
)({
  start: <O, I>() =>
    Effect.gen(function* () {
      const port = parentPort
      if (port === null) {
        return yield* new WorkerError({ reason: new WorkerSpawnError({ message: "this is not a worker thread" }) })
      }
      const sendUnsafe = (_: number, message: O, transfers?: ReadonlyArray<unknown>) =>
        // Whatever an RPC schema marks as transferable is one for `postMessage`.
        port.postMessage([1, message], transfers as Array<ArrayBuffer> | undefined)
      const run = <A, E, R>(handler: (portId: number, message: I) => Effect.Effect<A, E, R> | void) =>
        Effect.scopedWith((scope) =>
          Effect.gen(function* () {
            const closed = Deferred.makeUnsafe<void, WorkerError>()
            const fork = Effect.runForkWith(yield* Effect.context<R>())
            const track = Fiber.runIn(scope)
            const onMessage = (message: WorkerRunner.PlatformMessage<I>): void => {
              if (message[0] === 1) return void Deferred.doneUnsafe(closed, Exit.void)
              const handled = handler(0, message[1])
              if (Effect.isEffect(handled)) track(fork(handled))
            }
            port.on("message", onMessage)
            yield* Scope.addFinalizer(
              scope,
              Effect.sync(() => port.off("message", onMessage)),
            )
            port.postMessage([0])
            yield* Deferred.await(closed)
          }),
        )
      const runner: WorkerRunner.WorkerRunner<O, I> = {
        run,
        sendUnsafe,
        send: (portId, message, transfers) => Effect.sync(() => sendUnsafe(portId, message, transfers)),
      }
      return runner
    }),
})
