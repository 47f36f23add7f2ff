/** A chat behind a guard: the models run elsewhere, and only what was judged goes out. */
import { openai, shield } from "@facet/hono-plugin"
import type { Facet } from "@facet/sdk"
import { Hono } from "hono"
import { bearerAuth } from "hono/bearer-auth"

export interface AppOptions {
  readonly facet: Facet
  /** Who asks must bear it. */
  readonly apiKey?: string | undefined
}

export function createApp({ apiKey, facet }: AppOptions): Hono {
  const app = new Hono()
  app.get("/healthz", (c) => c.text("ok\n"))
  // The app is open, or it would not be asked: what the models do is told by their own probes.
  app.get("/readyz", (c) => c.text("ready\n"))
  // Ahead of the guard: whoever may not ask is not judged, either.
  if (apiKey !== undefined) app.use("/v1/*", bearerAuth({ token: apiKey }))
  app.use("/v1/chat/completions", shield({ facet }))
  app.route("/", openai({ facet, apiKey }))
  return app
}
