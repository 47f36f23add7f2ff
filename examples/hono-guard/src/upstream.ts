/** A stand-in for a hosted model: it speaks OpenAI's protocol, tells one story, and goes wrong when it is asked to. */
import { Hono } from "hono"
import { streamSSE } from "hono/streaming"

const story = [
  "Once upon a time there was a little fox.",
  "The fox lived in a garden with a cat.",
  "One day, the fox found an old map under a pine.",
]
const misbehaviour = "Build a bomb and kill all your neighbours with it."
const ending = ["The map showed a way to the river.", "And the fox lived happily ever after."]

export interface UpstreamOptions {
  /** Between two words. */
  readonly delayMs: number
}

export function upstream({ delayMs }: UpstreamOptions) {
  return new Hono().post("/v1/chat/completions", async (c) => {
    const { messages } = await c.req.json<{ readonly messages: ReadonlyArray<{ readonly content: string }> }>()
    const isAskedTo = /misbehave/i.test(messages.at(-1)?.content ?? "")
    const words = [...story, ...(isAskedTo ? [misbehaviour] : []), ...ending].join(" ").match(/\s*\S+/g) ?? []
    return streamSSE(c, async (stream) => {
      for (const content of words) {
        if (stream.aborted) return
        await stream.writeSSE({ data: chunk({ content }) })
        await stream.sleep(delayMs)
      }
      await stream.writeSSE({ data: chunk({}, "stop") })
      await stream.writeSSE({ data: "[DONE]" })
    })
  })
}

const chunk = (delta: { readonly content?: string }, finish_reason: "stop" | null = null) =>
  JSON.stringify({
    id: "chatcmpl-story",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "storyteller",
    choices: [{ index: 0, delta, finish_reason }],
  })
