/** An ordinary chat route: it passes the conversation on to a model, and the model's stream back. It knows no guard. */
import type { Context } from "hono"

export interface ChatOptions {
  /** Where a model speaks OpenAI's protocol, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly apiKey?: string | undefined
}

export const chat =
  ({ apiKey, baseUrl, model }: ChatOptions) =>
  async (c: Context): Promise<Response> => {
    const { messages } = await c.req.json<{ readonly messages: unknown }>()
    const answer = await fetch(`${baseUrl}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify({ model, messages, stream: true }),
      signal: c.req.raw.signal,
    })
    const contentType = answer.headers.get("content-type") ?? "text/event-stream"
    return new Response(answer.body, { status: answer.status, headers: { "content-type": contentType } })
  }
