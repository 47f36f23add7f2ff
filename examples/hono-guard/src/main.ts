/** Starts the example. With `UPSTREAM_URL` it asks a model of yours in place of the stand-in. */
import { createApp } from "./app.ts"
import { listen } from "./listen.ts"
import { upstream } from "./upstream.ts"

const { PORT = "3000", UPSTREAM_API_KEY: apiKey, UPSTREAM_MODEL: model = "storyteller", UPSTREAM_URL } = process.env

const baseUrl = UPSTREAM_URL ?? `${(await listen(upstream({ delayMs: 60 }))).url}/v1`
const { url } = await listen(createApp({ baseUrl, model, apiKey }), Number(PORT))
process.stdout.write(`Open ${url}\n`)
