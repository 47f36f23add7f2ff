/** Serving as one of several processes: at a socket of its own, for the fleet that began it. */
import type { Console } from "../../Console.ts"
import { serveAt } from "../runServer.ts"
import type { ServeOptions } from "../ServeOptions.ts"
import { type FromWorker, isToWorker, peerHeader } from "./Messages.ts"

/** Serves at a socket until the fleet says so, or is gone. */
export async function runWorker(console: Console, options: ServeOptions, path: string): Promise<void> {
  const stopping = new AbortController()
  let graceMs = options.graceSeconds * 1000
  let figures = async (): Promise<string> => ""
  const tellFigures = async () => tell({ type: "figures", text: await figures() })
  const hear = (message: unknown): void => {
    if (!isToWorker(message)) return
    if (message.type === "figures") return void tellFigures()
    graceMs = message.graceMs
    stopping.abort()
  }
  // Without a fleet nobody asks any more, and nobody would end us.
  const orphaned = () => process.exit(1)
  process.on("message", hear)
  process.on("disconnect", orphaned)
  if (!process.connected) orphaned()
  console.signal.addEventListener("abort", () => void tell({ type: "stopping" }), { once: true })
  const signal = AbortSignal.any([console.signal, stopping.signal])
  const { apiKey } = options.api
  try {
    await serveAt({ ...console, signal }, options, {
      at: { path },
      counting: (tellAll) => (figures = tellAll),
      ready: async () => tell({ type: "ready" }),
      overMemory: () => void tell({ type: "full" }),
      graceMs: () => graceMs,
      // Keys tell clients apart; without them, the address that the fleet has seen.
      ...(apiKey === undefined && { clientOf: (context) => context.req.header(peerHeader) }),
    })
    await tellFigures()
  } finally {
    process.off("disconnect", orphaned)
    process.off("message", hear)
    process.disconnect?.()
  }
}

/** Resolves when it is sent, or nobody is there to be told. */
const tell = (message: FromWorker): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(message, undefined, undefined, () => resolve())
  })
