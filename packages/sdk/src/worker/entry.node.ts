/** The first line of the engine's thread. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { parentPort, workerData } from "node:worker_threads"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { openScope } from "../scope/openScope.node.ts"
import { Interlock } from "../runtime/Interlock.ts"
import { deviceCandidates, referenceRuntime } from "../runtime/deviceCandidates.node.ts"
import { Turns } from "../runtime/Turns.ts"
import type { ThreadData } from "./client.node.ts"
import { serve } from "./server.ts"

// `workerData` is untyped; the client that starts this thread writes exactly this.
const { settings, ...shared } = workerData as ThreadData
const port = parentPort
if (port === null) throw new Error("this module is the engine's thread and nothing else")

const interlock = new Interlock(shared.interlock)

const engine = serve(
  {
    ...settings,
    devices: deviceCandidates(settings, { interlock, turns: new Turns(shared.turns) }),
    reference: () => referenceRuntime(interlock),
    openFolder,
    openScope,
  },
  {
    post: (message, transfers) => port.postMessage(message, transfers),
    listen: (listener) => void port.on("message", listener),
  },
)

Effect.runFork(engine).addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  // Everything is released: nothing may keep the thread alive.
  process.exit()
})
