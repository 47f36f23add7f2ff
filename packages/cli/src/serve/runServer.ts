/** Serving in one process, from opening the model to the last answer. */
import { getRequestListener } from "@hono/node-server"
import {
  effects as makeEffects,
  ollama as makeOllama,
  openai,
  type RequestReport,
  type ServerOptions,
} from "@facet/hono-plugin"
import { type Facet, openOnce, type SharedFacet } from "@facet/sdk"
import { policies as released } from "@facet/sdk/words"
import type { AddressInfo } from "node:net"
import type { Console } from "../Console.ts"
import { warnOfCalibration } from "../QuestionFiles.ts"
import { describeFailure } from "../describeFailure.ts"
import { showingProgress } from "../Opening.ts"
import { HttpServer, type Place } from "./HttpServer.ts"
import { makeApp, type State } from "./makeApp.ts"
import { MemoryWatch } from "./MemoryWatch.ts"
import type { ServeOptions } from "./ServeOptions.ts"
import { ServerMetrics } from "./ServerMetrics.ts"
import { soon } from "./soon.ts"
import { openTelemetry } from "./Telemetry.ts"
import { tellAddress } from "./tellAddress.ts"
import { untilAborted } from "./untilAborted.ts"

/** Where a server stands, and what becomes of it there. */
export interface Post {
  readonly at: Place
  /** Given what tells the figures, as soon as there is something to tell. */
  readonly counting?: (figures: () => Promise<string>) => void
  /** It listens, and the model is open. */
  readonly ready: (place: AddressInfo | string) => Promise<void>
  /** More memory is taken than is allowed. Left out: the server ends, for whoever runs it to start anew. */
  readonly overMemory?: () => void
  /** How long running answers may take once it is to end. */
  readonly graceMs: () => number
  readonly clientOf?: ServerOptions["clientOf"]
}

/** How long a scrape waits for an engine that is busy. */
const statsWithinMs = 1000

/** Serves until the console's signal fires, and then until all is answered or the time of grace is over. */
export const runServer = (console: Console, options: ServeOptions): Promise<void> =>
  serveAt(console, options, {
    at: { port: options.port, host: options.host },
    ready: (place) => tellAddress(console, place, options),
    graceMs: () => options.graceSeconds * 1000,
  })

/** Rejects when it cannot listen or open the model, and where it ended for the memory that it took. */
export async function serveAt(console: Console, options: ServeOptions, post: Post): Promise<void> {
  const metrics = new ServerMetrics(policyIds(options.api))
  let state: State = "opening"
  const full = new AbortController()
  const ending = AbortSignal.any([console.signal, full.signal])
  using memory = new MemoryWatch(options.maxMemoryBytes, post.overMemory ?? (() => full.abort()))
  await using telemetry = await openTelemetry(process.env)
  await showingProgress(console, undefined, async (onProgress) => {
    // The same options, the function among them, are the same Facet here and in the routes.
    const open = { ...options.open, ...(telemetry && { tracer: telemetry.tracer }), onProgress }
    const shared = openOnce(open)
    const told = hooks(console, (report) => {
      metrics.report(report)
      telemetry?.report(report)
    })
    const serving = { ...options.api, facet: open, ...(post.clientOf && { clientOf: post.clientOf }), ...told }
    const api = openai({ ...serving, calibration: options.calibration })
    const ollama = makeOllama(serving)
    const effects = makeEffects({ ...serving, interventions: options.interventions })
    const stats = async () => (await shared.get()).stats()
    const figures = async () => metrics.text(state === "ready" ? await soon(stats(), statsWithinMs) : undefined)
    const { allowedHosts, cors } = options
    const app = makeApp({ allowedHosts, api, cors, effects, ollama, figures, state: () => state })
    const answer = getRequestListener(app.fetch)
    const server = new HttpServer((request, response) => {
      telemetry?.follow(request, response)
      return answer(request, response)
    }, metrics)
    const place = await server.listen(post.at)
    post.counting?.(figures)
    try {
      if (await isOpened({ ...console, signal: ending }, shared, options)) {
        memory.begin()
        state = "ready"
        await warnOfCalibration(console, options.calibration, (await shared.get()).model)
        await post.ready(place)
        await untilAborted(ending)
      }
      state = "stopping"
      await server.drain(post.graceMs())
    } finally {
      // Whatever still runs ends with an error that says why.
      await Promise.all([api.dispose(), ollama.dispose(), effects.dispose(), shared.dispose()])
      await server.close()
    }
  })
  if (full.signal.aborted) throw new Error("more memory was taken than --max-memory allows. Start the server anew.")
}

/** Ids that are the server's own. */
const policyIds = ({ guard }: ServeOptions["api"]): ReadonlyArray<string> => {
  const own = typeof guard === "object" ? (guard.policies ?? []) : []
  return [...Object.keys(released), ...own.map((policy) => (typeof policy === "string" ? policy : policy.id))]
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

/** Nothing that a client wrote is told: not the prompt, nor the answer. */
const hooks = ({ err, verbose }: Console, count: (report: RequestReport) => void) => ({
  onRequest: (report: RequestReport): void => {
    count(report)
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
