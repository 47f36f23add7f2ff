import { fileURLToPath } from "node:url"
import { serveStatic } from "@hono/node-server/serve-static"
import { safeValidateUIMessages } from "ai"
import { type Context, Hono } from "hono"
import { bodyLimit } from "hono/body-limit"
import type { Chat } from "./stages.ts"

export function createApp(chat: Chat) {
  const app = new Hono()
  app.post("/api/chat", bodyLimit({ maxSize: 1024 * 1024 }), async (c) => {
    const read = await safeValidateUIMessages({ messages: await messagesOf(c) })
    // What `useChat` shows as its error is the answer's text.
    if (!read.success) return c.text("The request is no chat. Send what useChat sends: { messages }.", 400)
    return chat(read.data, c.req.raw.signal)
  })
  app.get("*", serveStatic({ root: fileURLToPath(new URL("../dist", import.meta.url)) }))
  return app
}

async function messagesOf(c: Context): Promise<unknown> {
  const body: unknown = await c.req.json().catch(() => undefined)
  return typeof body === "object" && body !== null && "messages" in body ? body.messages : undefined
}
