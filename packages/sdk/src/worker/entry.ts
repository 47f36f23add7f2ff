/** The first line of the engine's thread. */
import * as Effect from "effect/Effect"
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

// The port keeps the thread alive; once everything is released it is closed, and the thread ends by itself.
Effect.runPromise(engine).then(
  () => parentPort?.close(),
  (cause: unknown) => {
    throw cause
  },
)
