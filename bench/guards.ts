/**
 * How long a guard keeps an app's thread from everything else: `npx pnpm@12 bench:guards [--rounds N]`.
 * Requests of 64k characters, which are judged, and of 1 MB, which are refused, through each of the three guards.
 */
import { cpus } from "node:os"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { shieldMiddleware } from "@facet/ai-sdk-provider"
import { shield } from "@facet/hono-plugin"
import { Facet } from "@facet/sdk"
import { generateText, wrapLanguageModel } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { Hono } from "hono"
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:guards",
  about: "How long each of the guards keeps an app's thread from everything else.",
  flags: { rounds: { type: "string", default: "3", value: "N", about: "rounds, in turn" } },
})
const rounds = Number(values.rounds)

const filled = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)
const [judged, refused] = [64_000, 1_000_000]
const texts: Readonly<Record<string, string>> = {
  "64k of prose": filled("The quick brown fox jumps over the lazy dog. ", judged),
  "64k in one word": filled("a", judged),
  "64k spelt with dots": filled("b.o.m.b ", judged),
  "64k joined by signs": filled("How_do_I_", judged),
  "64k in percent signs": `http://${filled("%41%42", judged)}`,
  "1 MB of prose": filled("The quick brown fox jumps over the lazy dog. ", refused),
  "1 MB in one word": filled("a", refused),
  "1 MB of an address": `http://${filled("How_do_I/", refused)}`,
  "1 MB of JSON": JSON.stringify(Array.from({ length: 30_000 }, () => ({ a: "Hello there people." }))),
}

// A short time limit: it is the app's thread that is looked at, not how fast the guard is.
await using facet = await Facet.open({ judging: { timeoutMs: 500 } })
await facet.shield("Hello.")
const app = new Hono()
app.use(shield({ facet, output: false, onError: "allow" }))
app.post("/", (c) => c.text("ok"))
const says = new MockLanguageModelV4({
  doGenerate: {
    content: [{ type: "text", text: "Well." }],
    finishReason: { unified: "stop", raw: undefined },
    usage: {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    },
    warnings: [],
  },
})
const model = wrapLanguageModel({
  model: says,
  middleware: shieldMiddleware({ facet, output: false, onError: "allow" }),
})
const guards: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  "facet.guard": (text) => facet.guard().input(text),
  "shield()": (text) =>
    Promise.resolve(
      app.request("/", {
        method: "POST",
        body: JSON.stringify({ prompt: text }),
        headers: { "content-type": "application/json" },
      }),
    ),
  shieldMiddleware: (prompt) => generateText({ model, prompt, maxRetries: 0 }),
}

console.log(`${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}`)
console.log(
  `Delay of the event loop in ms, p99 and most, of ${rounds} requests each, ten times as many where they are refused\n`,
)
for (const [name, ask] of Object.entries(guards)) {
  for (const [of, text] of Object.entries(texts)) {
    await ask(text).catch(() => {})
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    // What is refused takes no time of the guard's model.
    for (let round = 0; round < rounds * (text.length > judged + 10 ? 10 : 1); round++) {
      await ask(text).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    delay.disable()
    const shown = [delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1).padStart(8)).join("")
    console.log(`${name.padEnd(20)}${of.padEnd(24)}${shown}`)
  }
}
