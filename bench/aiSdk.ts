/**
 * What the AI SDK costs: `npx pnpm@12 bench:ai-sdk [--model FOLDER] [--rounds N] [--tokens N]`.
 * The same tokens in turn from `facet.stream`, from our model of the AI SDK, and from `streamText` over it.
 */
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { createFacet } from "@facet/ai-sdk-provider"
import { Facet } from "@facet/sdk"
import { simulateReadableStream, streamText } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { inTurn, millisecondsOf } from "./timing.ts"

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    rounds: { type: "string", default: "15" },
    tokens: { type: "string", default: "200" },
  },
})
const rounds = Number(values.rounds)
const prompt = "Tell me a long story about a fox."

await using facet = await Facet.open(values.model === undefined ? {} : { model: values.model })
const { usage } = await facet.generate(prompt, { maxTokens: Number(values.tokens) })
const tokens = usage.completionTokens
const sides = overheadSides(facet, prompt, tokens)

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
  nothing: () => millisecondsOf(sides.nothing),
})
const timeRow = (name: string, side: keyof typeof time) =>
  row(name, `${time[side].min.toFixed(1)} ms`, `${time[side].median.toFixed(1)} ms`)
timeRow("facet.stream", "stream")
timeRow("facet() as a model, doStream", "model")
timeRow("streamText over facet()", "sdk")
timeRow("streamText over a model that does nothing", "nothing")

const over = (side: "model" | "sdk", which: "min" | "median") =>
  `${((time[side][which] / time.stream[which] - 1) * 100).toFixed(1)} %`
row("  overhead of the model over facet.stream", over("model", "min"), over("model", "median"))
row("  overhead of streamText over facet.stream", over("sdk", "min"), over("sdk", "median"))
const each = (which: "min" | "median") => `${(((time.sdk[which] - time.stream[which]) * 1000) / tokens).toFixed(0)} us`
row("  the same, per token", each("min"), each("median"))

async function readAll(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}

/** @param tokens as many as the model says when it is asked for at most so many */
function overheadSides(facet: Facet, prompt: string, tokens: number) {
  const model = createFacet({ facet })()
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
