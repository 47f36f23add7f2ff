/** The first line of the engine's Web Worker. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { openLocation, openScopeLocation } from "./Locations.browser.ts"
import type { EngineSettings } from "../words/EngineSettings.ts"
import { deviceCandidates } from "../runtime/web/deviceCandidates.browser.ts"
import { usualDtype } from "../runtime/web/usualDtype.browser.ts"
import type { AppMessage } from "./Protocol.ts"
import { serve } from "./server.ts"
import { type LostMessage, running, type ToWorker } from "./WorkerMessages.ts"

/** The worker's side of the channel; type libraries for pages do not know a worker's own globals. */
interface WorkerPort {
  readonly postMessage: (message: unknown, transfers?: Array<Transferable>) => void
  readonly addEventListener: (type: "message", listener: (event: MessageEvent<unknown>) => void) => void
  /** Ends the worker. */
  readonly close: () => void
}

// This script is only ever started as a dedicated worker.
const port = self as unknown as WorkerPort

/** Calls that come while the engine starts wait here. */
const early: Array<AppMessage> = []
let listener = (message: AppMessage): void => void early.push(message)

/** Says why, and ends: the page starts another worker. */
function lose(reason: string): void {
  port.postMessage({ kind: "lost", reason } satisfies LostMessage)
  port.close()
}

function start(settings: EngineSettings): void {
  const { device, packing, storage } = settings
  const terms = { storage, packing, device, usualDtype: () => usualDtype(settings) }
  const engine = serve(
    {
      ...settings,
      devices: deviceCandidates(settings, lose),
      elsewhere: "Or use another browser, or run the model on a server.",
      openFolder: (folder, onProgress, sha256) => openLocation(folder, onProgress, { ...terms, sha256 }),
      openScope: (scope, given, onProgress, sha256) => openScopeLocation(scope, given, onProgress, { storage, sha256 }),
    },
    {
      post: (message, transfers) => port.postMessage(message, [...transfers]),
      listen: (to) => {
        listener = to
        for (const message of early.splice(0)) to(message)
      },
    },
  )
  Effect.runFork(engine).addObserver((exit) => {
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) lose(String(Cause.squash(exit.cause)))
    else port.close()
  })
}

port.addEventListener("message", ({ data }) => {
  // The page that starts this worker writes exactly these.
  const message = data as ToWorker | AppMessage
  if (message.kind === "hello") port.postMessage(running)
  else if (message.kind === "start") start(message.settings)
  else listener(message)
})
port.postMessage(running)
