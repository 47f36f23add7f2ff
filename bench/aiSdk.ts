/**
 * What adapters cost: `npx pnpm@12 bench:ai-sdk [--model FOLDER] [--rounds N] [--tokens N]`.
 * The same tokens in turn from `facet.stream`, from our model of the AI SDK, from `streamText` over it, and from OpenAI's own
 * client over `facet serve`, which is a process of its own with the same model.
 */
import { cpus } from "node:os"
import { createFacet } from "@facet/ai-sdk-provider"
import { Facet } from "@facet/sdk"
import { simulateReadableStream, streamText } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import OpenAI from "openai"
import { startServer } from "./startServer.ts"
import { inTurn, millisecondsOf } from "./timing.ts"
import { readFlags } from "./readFlags.ts"

const { values } = readFlags({
  command: "npx pnpm@12 bench:ai-sdk",
  about: "What adapters cost: the same tokens from the SDK, the AI SDK, and OpenAI's client over facet serve.",
  flags: {
    model: { type: "string", value: "FOLDER", about: "the model that is measured, instead of the embedded one" },
    rounds: { type: "string", default: "15", value: "N", about: "rounds, in turn" },
    tokens: { type: "string", default: "200", value: "N", about: "the most tokens of a text" },
  },
})
const rounds = Number(values.rounds)
const prompt = "Tell me a long story about a fox."

await using facet = await Facet.open(values.model === undefined ? {} : { model: values.model })
const { usage } = await facet.generate(prompt, { maxTokens: Number(values.tokens) })
const tokens = usage.completionTokens
await using server = await startServer(values.model)
const sides = overheadSides(facet, server.url, prompt, tokens)

console.log(
  `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}, ${rounds} rounds of ${tokens} tokens\n`,
)
const row = (name: string, min: string, median: string) =>
  console.log(`${name.padEnd(52)}${min.padStart(16)}${median.padStart(16)}`)
row("", "best", "median")

const time = await inTurn(rounds, {
  stream: () => millisecondsOf(sides.stream),
  model: () => millisecondsOf(sides.model),
  sdk: () => millisecondsOf(sides.sdk),
  served: () => millisecondsOf(sides.served),
  nothing: () => millisecondsOf(sides.nothing),
})
const timeRow = (name: string, side: keyof typeof time) =>
  row(name, `${time[side].min.toFixed(1)} ms`, `${time[side].median.toFixed(1)} ms`)
timeRow("facet.stream", "stream")
timeRow("facet() as a model, doStream", "model")
timeRow("streamText over facet()", "sdk")
timeRow("openai's client over facet serve", "served")
timeRow("streamText over a model that does nothing", "nothing")

const over = (side: "model" | "sdk" | "served", which: "min" | "median") =>
  `${((time[side][which] / time.stream[which] - 1) * 100).toFixed(1)} %`
row("  overhead of the model over facet.stream", over("model", "min"), over("model", "median"))
row("  overhead of streamText over facet.stream", over("sdk", "min"), over("sdk", "median"))
row("  overhead of facet serve and the client", over("served", "min"), over("served", "median"))
const each = (side: "sdk" | "served", which: "min" | "median") =>
  `${(((time[side][which] - time.stream[which]) * 1000) / tokens).toFixed(0)} us`
row("  of streamText, per token", each("sdk", "min"), each("sdk", "median"))
row("  of facet serve and the client, per token", each("served", "min"), each("served", "median"))

async function readAll(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}

/** @param tokens as many as the model says when it is asked for at most so many */
function overheadSides(facet: Facet, url: string, prompt: string, tokens: number) {
  const model = createFacet({ facet })()
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 })
  return {
    stream: () => readAll(facet.stream(prompt, { maxTokens: tokens })),
    model: async () => {
      const { stream } = await model.doStream({
        prompt: [{ role: "user", content: [{ type: "text", text: prompt }] }],
        maxOutputTokens: tokens,
      })
      const reader = stream.getReader()
      while (!(await reader.read()).done);
    },
    sdk: () => readAll(streamText({ model, prompt, maxOutputTokens: tokens }).textStream),
    served: async () => {
      const messages = [{ role: "user" as const, content: prompt }]
      const [name] = (await client.models.list()).data
      const asked = { model: name?.id ?? "", messages, temperature: 0, max_tokens: tokens, stream: true } as const
      await readAll(await client.chat.completions.create(asked))
    },
    nothing: () => readAll(streamText({ model: idleModel(tokens), prompt }).textStream),
  }
}

/** A model that costs nothing: what is left is the AI SDK's own share. */
function idleModel(tokens: number) {
  return new MockLanguageModelV4({
    doStream: async () => ({
      stream: simulateReadableStream({
        initialDelayInMs: null,
        chunkDelayInMs: null,
        chunks: [
          { type: "stream-start", warnings: [] },
          { type: "text-start", id: "0" },
          ...Array.from({ length: tokens }, () => ({ type: "text-delta", id: "0", delta: " fox" }) as const),
          { type: "text-end", id: "0" },
          {
            type: "finish",
            finishReason: { unified: "stop", raw: "stop" },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: tokens, text: tokens, reasoning: 0 },
            },
          },
        ],
      }),
    }),
  })
}
