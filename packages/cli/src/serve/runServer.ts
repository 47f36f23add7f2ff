/** Serving, from opening the model to the last answer. */
import {
  effects as makeEffects,
  ollama as makeOllama,
  openai,
  type RequestReport,
  type ServerOptions,
} from "@facet/hono-plugin"
import { type Facet, openOnce, type OpenOptions, type SharedFacet } from "@facet/sdk"
import type { AddressInfo } from "node:net"
import type { Console } from "../Console.ts"
import { type CalibrationFile, warnOfCalibration } from "../QuestionFiles.ts"
import { describeFailure } from "../describeFailure.ts"
import { showingProgress } from "../Opening.ts"
import { HttpServer } from "./HttpServer.ts"
import { makeApp, type State } from "./makeApp.ts"
import { ServerMetrics } from "./ServerMetrics.ts"

export interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly graceSeconds: number
  /** Names that are answered to, besides those of this machine; undefined for all that there are. */
  readonly allowedHosts: ReadonlyArray<string> | undefined
  readonly open: OpenOptions
  /** Origins whose pages may ask; `*` is all of them. */
  readonly cors: ReadonlyArray<string>
  readonly api: Pick<ServerOptions, "apiKey" | "guard" | "maxBodyBytes" | "maxPerClient">
  /** Of questions that clients ask. */
  readonly calibration: CalibrationFile | undefined
  /** Whether clients may change the model's inside. */
  readonly interventions: boolean
  /** Print where it listens on stdout, as JSON. */
  readonly json: boolean
}

/** Serves until the console's signal fires, and then until all is answered or the time of grace is over. */
export async function runServer(console: Console, options: ServeOptions): Promise<void> {
  const { allowedHosts, cors, graceSeconds, host, port } = options
  const metrics = new ServerMetrics()
  let state: State = "opening"
  await showingProgress(console, undefined, async (onProgress) => {
    // The same options, the function among them, are the same Facet here and in the routes.
    const open = { ...options.open, onProgress }
    const shared = openOnce(open)
    const serving = { ...options.api, facet: open, ...hooks(console, metrics) }
    const api = openai({ ...serving, calibration: options.calibration })
    const ollama = makeOllama(serving)
    const effects = makeEffects({ ...serving, interventions: options.interventions })
    const stats = async () => (await shared.get()).stats()
    const app = makeApp({ allowedHosts, api, cors, effects, ollama, metrics, state: () => state, stats })
    const server = new HttpServer(app, metrics)
    const address = await server.listen(port, host)
    try {
      if (await isOpened(console, shared, options)) {
        state = "ready"
        await warnOfCalibration(console, options.calibration, (await shared.get()).model)
        await tell(console, address, options)
        await untilAborted(console.signal)
      }
      state = "stopping"
      await server.drain(graceSeconds * 1000)
    } finally {
      // Whatever still runs ends with an error that says why.
      await Promise.all([api.dispose(), ollama.dispose(), effects.dispose(), shared.dispose()])
      await server.close()
    }
  })
}

/** Whether there is somebody to serve: a signal during opening ends it. */
async function isOpened({ signal }: Console, shared: SharedFacet, { api }: ServeOptions): Promise<boolean> {
  try {
    const facet = await shared.get({ signal })
    await warm(facet, api, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

/** A guard opens when it is first asked: a server that has none should not begin, nor the first client wait for it. */
async function warm(facet: Facet, { guard }: ServeOptions["api"], signal: AbortSignal): Promise<void> {
  if (guard !== undefined && guard !== false) await facet.shield("Hello", { signal })
}

async function tell(
  { err, out }: Console,
  { address, family, port }: AddressInfo,
  options: ServeOptions,
): Promise<void> {
  const host = family === "IPv6" ? `[${address}]` : address
  const url = `http://${host}:${port}`
  await err.writeLine(`Serving at ${url} (OpenAI's API at /v1, Ollama's at /api, the effects at /facet)`)
  if (options.json) await out.writeLine(JSON.stringify({ url, host: address, port, pid: process.pid }))
}

/** Nothing that a client wrote is told: not the prompt, nor the answer. */
const hooks = ({ err, verbose }: Console, metrics: ServerMetrics) => ({
  onRequest: (report: RequestReport): void => {
    metrics.report(report)
    if (verbose) void err.writeLine(err.paint.dim(lineOf(report)))
  },
  onError: (error: unknown, { id, route }: { readonly id: string; readonly route: RequestReport["route"] }): void => {
    void err.writeLine(err.paint.bad(`${id} ${route}: ${describeFailure(error, {}, verbose)}`))
  },
})

const lineOf = ({ code, durationMs, id, outcome, route, status, usage }: RequestReport): string => {
  const tokens = usage === undefined ? "" : ` ${usage.promptTokens}+${usage.completionTokens} tokens`
  return `${id} ${route} ${status} ${outcome}${code === undefined ? "" : ` (${code})`}${tokens} ${Math.round(durationMs)} ms`
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener("abort", () => resolve(), { once: true })
  })
