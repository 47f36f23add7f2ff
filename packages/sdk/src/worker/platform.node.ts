/** Effect's workers on Node's `worker_threads`, and how such a thread ends without taking the process along. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Worker from "effect/workers/Worker"
import { WorkerError, WorkerReceiveError } from "effect/workers/WorkerError"
import type * as WorkerThreads from "node:worker_threads"
import type { Interlock } from "../runtime/Interlock.ts"

/** A thread, and what says whether it is inside native code, where it cannot be ended. */
export interface EngineThread {
  readonly worker: WorkerThreads.Worker
  readonly interlock: Interlock
}

/** How long a thread has to end by itself: a native run of a large model takes about a second. */
const grace = "15 seconds"

const lost = (message: string) => new WorkerError({ reason: new WorkerReceiveError({ message }) })

export const layerPlatform = (spawn: () => EngineThread): Layer.Layer<Worker.WorkerPlatform | Worker.Spawner> =>
  Layer.merge(
    Worker.layerSpawner(spawn),
    Layer.succeed(Worker.WorkerPlatform)(
      Worker.makePlatform<EngineThread>()({
        setup: ({ scope, worker: { interlock, worker } }) => {
          const ended = Deferred.makeUnsafe<void>()
          worker.once("exit", () => Deferred.doneUnsafe(ended, Exit.void))
          const end = Effect.suspend(() => {
            worker.postMessage([1])
            return Deferred.await(ended)
          }).pipe(
            Effect.timeout(grace),
            Effect.catch(() =>
              Effect.promise(() => {
                interlock.shut()
                return worker.terminate()
              }),
            ),
          )
          return Effect.as(Scope.addFinalizer(scope, end), worker)
        },
        listen: ({ deferred, emit, port }) =>
          Effect.sync(() => {
            const fail = (message: string) => void Deferred.doneUnsafe(deferred, lost(message))
            port.on("message", emit)
            port.on("messageerror", (cause) => fail(`a message could not be read: ${cause.message}`))
            port.on("error", (cause) => fail(cause instanceof Error ? cause.message : String(cause)))
            port.on("exit", (code) => fail(`its thread ended with code ${code}`))
          }),
      }),
    ),
  )
