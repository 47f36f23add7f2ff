import { shield } from "@facet/hono-plugin"
import { Hono } from "hono"
import { model } from "../../model.ts"

const app = new Hono().post("/api/ask", shield(), async (c) => {
  const { prompt } = await c.req.json()
  const facet = await model.get()
  const { text } = await facet.generate(prompt, { maxTokens: 60, signal: c.var.shield.signal })
  return c.json({ text })
})

export const POST = (request: Request) => app.fetch(request)
