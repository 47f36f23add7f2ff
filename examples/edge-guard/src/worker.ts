/** A chat that runs where no model can: what it says and what judges it stand behind servers. */
import { Facet, type ServerKind } from "@facet/sdk"

/** What the worker is set up with. */
export interface Settings {
  readonly MODEL_URL: string
  readonly SHIELD_URL: string
  /** What both servers speak. Named, as asking would take a request more each time. */
  readonly KIND: ServerKind
  readonly KEY?: string
}

export default {
  /** `POST { prompt }` gives `{ text, blocked }`: what was blocked has no text, and 422. */
  async fetch(request: Request, settings: Settings): Promise<Response> {
    const { prompt } = await readBody(request)
    if (typeof prompt !== "string") return Response.json({ error: "Send { prompt } as a text." }, { status: 400 })
    try {
      // Opened for each request: at the edge, nothing that waits on the network outlives the request that began it.
      await using facet = await open(settings)
      const { guard, text } = await facet.generate(prompt, { guard: true, maxTokens: 256, signal: request.signal })
      const blocked = guard?.blocked?.reason ?? null
      return Response.json({ text, blocked }, { status: blocked === null ? 200 : 422 })
    } catch (error) {
      // A guard that cannot judge lets nothing out.
      const tag = error instanceof Error && "_tag" in error ? String(error._tag) : "Error"
      return Response.json({ error: tag }, { status: 503 })
    }
  },
}

function open({ KEY: auth, KIND: kind, MODEL_URL, SHIELD_URL }: Settings): Promise<Facet> {
  // What the models are is looked at when the worker is deployed, and not with every request.
  const server = { kind, check: false, timeoutMs: 20_000, ...(auth !== undefined && { auth }) }
  return Facet.open({ model: { url: MODEL_URL, ...server }, shield: { url: SHIELD_URL, ...server } })
}

async function readBody(request: Request): Promise<{ readonly prompt?: unknown }> {
  const body: unknown = await request.json().catch(() => undefined)
  return typeof body === "object" && body !== null ? body : {}
}
