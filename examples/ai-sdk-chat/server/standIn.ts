/** Stands in for a hosted provider, so that the first stage runs offline: it speaks OpenAI's protocol, and one story. */
import { Hono } from "hono"
import { streamSSE } from "hono/streaming"

const story =
  "Once upon a time there was a little cat. The cat lived in a garden with a dog. " +
  "One day, the cat found an old map under a pine. And the cat lived happily ever after."

export function standIn({ delayMs }: { /** Between two words. */ readonly delayMs: number }) {
  return new Hono().post("/v1/chat/completions", async (c) => {
    const { model, stream: isStream } = await c.req.json<{ readonly model: string; readonly stream?: boolean }>()
    const base = { id: "chatcmpl-story", created: 1_700_000_000, model }
    if (isStream !== true) {
      const message = { role: "assistant", content: story }
      return c.json({ ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }] })
    }
    const chunk = (delta: { readonly content?: string }, finish_reason: "stop" | null = null) =>
      JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })
    return streamSSE(c, async (stream) => {
      for (const content of story.match(/\s*\S+/g) ?? []) {
        if (stream.aborted) return
        await stream.writeSSE({ data: chunk({ content }) })
        await stream.sleep(delayMs)
      }
      await stream.writeSSE({ data: chunk({}, "stop") })
      await stream.writeSSE({ data: "[DONE]" })
    })
  })
}
