/** Serves the app, with the models where the environment says. */
import { Facet, type OpenOptions } from "@facet/sdk"
import { serve } from "@hono/node-server"
import { createApp } from "./app.ts"

const { FACET_API_KEY: apiKey, GUARD_URL: guard, PORT = "3000", TEXT_URL: text } = process.env

/** What a server speaks is found out by asking it; without addresses the embedded models stand in. */
const options: OpenOptions = {
  ...(text !== undefined && { model: { url: text } }),
  ...(guard !== undefined && { shield: { url: guard } }),
}

const facet = await Facet.open(options)
const server = serve({ fetch: createApp({ facet, apiKey }).fetch, port: Number(PORT), hostname: "0.0.0.0" })

// Kubernetes takes the pod out of the service first: what is under way is answered.
process.once("SIGTERM", () => {
  server.close(() => void facet.close())
})
