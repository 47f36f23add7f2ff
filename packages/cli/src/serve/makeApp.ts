/** The routes of a server: OpenAI's API, Ollama's, the effects, and what those need who run it. */
import { allowHosts } from "@facet/hono-plugin"
import type { EngineStats } from "@facet/sdk/words"
import { type Problem, problemToJson, problemType, routes } from "@facet/sdk/remote"
import { ClosedError, errorToPlain } from "@facet/sdk/words"
import { Hono } from "hono"
import type { Context } from "hono"
import { cors as allowOrigins } from "hono/cors"
import { metricsType } from "./Registry.ts"
import type { ServerMetrics } from "./ServerMetrics.ts"

export type State = "opening" | "ready" | "stopping"

export interface AppParts {
  /** Names that are answered to, besides those of this machine; undefined for all that there are. */
  readonly allowedHosts: ReadonlyArray<string> | undefined
  readonly api: Hono
  /** Origins whose pages may ask; `*` is all of them. */
  readonly cors: ReadonlyArray<string>
  readonly effects: Hono
  readonly metrics: ServerMetrics
  readonly ollama: Hono
  readonly state: () => State
  readonly stats: () => Promise<EngineStats>
}

/** How long a browser need not ask again whether it may, in seconds. */
const corsMaxAge = 600

/** How long a scrape waits for an engine that is busy. */
const statsWithinMs = 1000

export function makeApp({ allowedHosts, api, cors, effects, metrics, ollama, state, stats }: AppParts): Hono {
  const app = new Hono()
  api.notFound(unknownUrl)
  ollama.notFound((c) => c.json({ error: noRoute }, 404))
  effects.notFound(unknownEffect)
  app.notFound(unknownUrl)
  if (allowedHosts !== undefined) app.use(allowHosts({ hosts: allowedHosts }))
  // Ollama's command asks here whether there is anybody.
  app.get("/", (c) => c.text("Facet is running.\n"))
  app.get("/healthz", (c) => c.text("ok\n"))
  app.get("/readyz", (c) => (state() === "ready" ? c.text("ready\n") : c.text(`${state()}\n`, 503)))
  app.get("/metrics", async (c) => {
    const now = state() === "ready" ? await soon(stats()) : undefined
    return c.body(metrics.text(now), 200, { "Content-Type": metricsType })
  })
  if (cors.length > 0) {
    // Ahead of keys: a browser asks whether it may without any.
    const allow = allowOrigins({
      origin: cors.includes("*") ? "*" : [...cors],
      allowMethods: ["GET", "POST"],
      exposeHeaders: ["Retry-After", "X-Facet-Warning", "X-Request-Id"],
      maxAge: corsMaxAge,
    })
    for (const path of ["/v1/*", "/api/*", `${routes.describe}/*`]) app.use(path, allow)
  }
  app.all("/v1/*", (c) => (state() === "ready" ? api.fetch(c.req.raw, c.env) : notReady(c, state())))
  app.all("/api/*", (c) => (state() === "ready" ? ollama.fetch(c.req.raw, c.env) : ollamaNotReady(c, state())))
  const toEffects = (c: Context) =>
    state() === "ready" ? effects.fetch(c.req.raw, c.env) : effectsNotReady(c, state())
  app.all(routes.describe, toEffects)
  app.all(`${routes.describe}/*`, toEffects)
  return app
}

const whyNotReady = (state: State): string =>
  state === "opening" ? "The model is being opened." : "The server is shutting down."

/** In the form of Ollama's API. */
const ollamaNotReady = (c: Context, state: State): Response =>
  c.json({ error: whyNotReady(state) }, 503, { "Retry-After": "1" })

/** In the form of OpenAI's API, as clients of it ask here. */
function notReady(c: Context, state: State): Response {
  const message = whyNotReady(state)
  const code = state === "opening" ? "not_ready" : "shutting_down"
  return c.json({ error: { message, type: "server_error", param: null, code } }, 503, { "Retry-After": "1" })
}

/** A problem document, as the effects answer with. */
function effectsNotReady(c: Context, state: State): Response {
  const isOpening = state === "opening"
  return problem(c, {
    name: isOpening ? "not-ready" : "closed",
    title: isOpening ? "The server is not ready" : "The server is shutting down",
    status: 503,
    detail: isOpening ? "The model is being opened." : "The server takes no more requests.",
    ...(!isOpening && { error: errorToPlain(new ClosedError()) }),
  })
}

function unknownEffect(c: Context): Response {
  return problem(c, {
    name: "unknown-url",
    title: "There is no such route",
    status: 404,
    detail: noRoute,
  })
}

function problem(c: Context, told: Problem & { readonly status: 404 | 503 }): Response {
  const { status } = told
  return c.body(JSON.stringify(problemToJson(told)), status, {
    "Content-Type": problemType,
    ...(status === 503 && { "Retry-After": "1" }),
  })
}

const noRoute = "There is no such route here, or not with this method."

function unknownUrl(c: Context): Response {
  const message = noRoute
  return c.json({ error: { message, type: "invalid_request_error", param: null, code: "unknown_url" } }, 404)
}

/** What a promise gives, if it gives it soon. */
const soon = <A>(promise: Promise<A>): Promise<A | undefined> => {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, statsWithinMs, undefined).unref())
  return Promise.race([promise.catch(() => undefined), late])
}
