/** The routes of a server: OpenAI's API, Ollama's, the effects, and what those need who run it. */
import { allowHosts } from "@facet/hono-plugin"
import { problemToJson, problemType, routes } from "@facet/sdk/remote"
import { Hono } from "hono"
import type { Context } from "hono"
import { cors as allowOrigins } from "hono/cors"
import { metricsType } from "./Registry.ts"
import { refusalFor } from "./refusalFor.ts"

export type State = "opening" | "ready" | "stopping"

/** What every server has that somebody runs, whoever answers its requests. */
export interface StandingParts {
  /** Names that are answered to, besides those of this machine; undefined for all that there are. */
  readonly allowedHosts: ReadonlyArray<string> | undefined
  /** What a scraper reads. */
  readonly figures: () => Promise<string>
  readonly state: () => State
}

export interface AppParts extends StandingParts {
  readonly api: Hono
  /** Origins whose pages may ask; `*` is all of them. */
  readonly cors: ReadonlyArray<string>
  readonly effects: Hono
  readonly ollama: Hono
}

/** How long a browser need not ask again whether it may, in seconds. */
const corsMaxAge = 600

/** The routes of whoever runs the server. */
export function makeStanding({ allowedHosts, figures, state }: StandingParts): Hono {
  const app = new Hono()
  if (allowedHosts !== undefined) app.use(allowHosts({ hosts: allowedHosts }))
  // Ollama's command asks here whether there is anybody.
  app.get("/", (c) => c.text("Facet is running.\n"))
  app.get("/healthz", (c) => c.text("ok\n"))
  app.get("/readyz", (c) => (state() === "ready" ? c.text("ready\n") : c.text(`${state()}\n`, 503)))
  app.get("/metrics", async (c) => c.body(await figures(), 200, { "Content-Type": metricsType }))
  return app
}

export function makeApp(parts: AppParts): Hono {
  const { api, cors, effects, ollama, state } = parts
  const app = makeStanding(parts)
  api.notFound(unknownUrl)
  ollama.notFound((c) => c.json({ error: noRoute }, 404))
  effects.notFound(unknownEffect)
  app.notFound(unknownUrl)
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
  const to = (routesOf: Hono) => (c: Context) => {
    const now = state()
    return now === "ready" ? routesOf.fetch(c.req.raw, c.env) : notReady(c, now)
  }
  app.all("/v1/*", to(api))
  app.all("/api/*", to(ollama))
  app.all(routes.describe, to(effects))
  app.all(`${routes.describe}/*`, to(effects))
  return app
}

const notReady = (c: Context, state: Exclude<State, "ready">): Response => {
  const { body, headers, status } = refusalFor(c.req.path, state)
  return c.body(body, status, headers)
}

function unknownEffect(c: Context): Response {
  const told = { name: "unknown-url", title: "There is no such route", status: 404, detail: noRoute } as const
  return c.body(JSON.stringify(problemToJson(told)), told.status, { "Content-Type": problemType })
}

const noRoute = "There is no such route here, or not with this method."

function unknownUrl(c: Context): Response {
  const message = noRoute
  return c.json({ error: { message, type: "invalid_request_error", param: null, code: "unknown_url" } }, 404)
}
