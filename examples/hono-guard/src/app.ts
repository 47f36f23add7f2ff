import { fileURLToPath } from "node:url"
import { shield } from "@facet/hono-plugin"
import { serveStatic } from "@hono/node-server/serve-static"
import { Hono } from "hono"
import { chat, type ChatOptions } from "./chat.ts"

/** The same route twice: guarded under `/api`, as it was under `/plain`. */
export function createApp(options: ChatOptions) {
  const app = new Hono()

  app.use("/api/chat", shield())
  app.post("/api/chat", chat(options))

  app.post("/plain/chat", chat(options))
  app.get("*", serveStatic({ root: fileURLToPath(new URL("../page", import.meta.url)) }))
  return app
}
