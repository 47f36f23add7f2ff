/** The first line of the engine's thread. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { parentPort, workerData } from "node:worker_threads"
import { openFolder } from "../hub/folder.node.ts"
import { openScope } from "../hub/scope.node.ts"
import { Interlock } from "../runtime/Interlock.ts"
import { makeNodeRuntime } from "../runtime/node.ts"
import type { EngineThreadData } from "./Protocol.ts"
import { layerRunner } from "./runner.node.ts"
import { serve } from "./server.ts"

// `workerData` is untyped; the client that starts this thread writes exactly this.
const { interlock, threads, ...limits } = workerData as EngineThreadData

const engine = serve({
  runtime: makeNodeRuntime({ interlock: new Interlock(interlock), threads }),
  openFolder,
  openScope,
  ...limits,
}).pipe(Effect.provide(layerRunner))

const running = Effect.runFork(engine)

// Told to close: what is under way is interrupted, everything is released, and then nothing may keep the thread alive.
parentPort?.on("message", (message: readonly [kind: 0 | 1]) => {
  if (message[0] === 1) running.interruptUnsafe()
})
running.addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  process.exit()
})
