/** Starts the app at a stage: `hosted`, `facet` or `guarded`, the default. */
import { createApp } from "./app.ts"
import { listen } from "./listen.ts"
import { loadStage } from "./stages.ts"
import { standIn } from "./standIn.ts"

const { CHAT_BASE_URL, PORT = "3000" } = process.env
const stage = process.argv[2] ?? "guarded"

if (stage === "hosted" && CHAT_BASE_URL === undefined) {
  process.env["CHAT_BASE_URL"] = `${(await listen(standIn({ delayMs: 60 }))).url}/v1`
}
const { url } = await listen(createApp(await loadStage(stage)), Number(PORT))
process.stdout.write(`Open ${url} (stage: ${stage})\n`)
