/** What Facet costs, on its own: see `main.ts`. Every figure is a minimum and a median over interleaved rounds of one run. */
import { cpus } from "node:os"
import { resolve } from "node:path"
import { Facet, type GenerateOptions, type OpenOptions } from "@facet/sdk"
import { defaultPolicies } from "@facet/sdk/words"
import { inTurn, millisecondsOf, type Timing, timingOf } from "./timing.ts"
import { watchLag } from "./watchLag.ts"
import { readFlags } from "./readFlags.ts"

/** Text that no round has seen before, so that no cache knows it. */
const freshText = (round: number, words: number): string =>
  `Story ${round}. ${"The fox and the bear walked along the river in the morning. ".repeat(Math.ceil(words / 12))}`

/** Continues a text for exactly so many tokens: what would end it is forbidden. */
const exactly = (maxTokens: number): GenerateOptions => ({
  template: "none",
  maxTokens,
  logitBias: { 1: -100, 107: -100 },
})

const ms = (value: number) => `${value.toFixed(1)} ms`
const perSecond = (tokens: number, time: number) => `${Math.round((tokens * 1000) / time)} tokens/s`
const row = (name: string, min: string, median: string) =>
  console.log(`${name.padEnd(52)}${min.padStart(16)}${median.padStart(16)}`)
const timeRow = (name: string, { median, min }: Timing) => row(name, ms(min), ms(median))
const ratio = (slow: Timing, fast: Timing) => ({ min: slow.min / fast.min, median: slow.median / fast.median })

interface Sides {
  readonly cached: Facet
  readonly uncached: Facet
  readonly rounds: number
}

export async function benchAlone(words: ReadonlyArray<string>): Promise<void> {
  const { values } = readFlags(
    {
      command: "npx pnpm@12 bench",
      about: "What Facet costs on its own: speed, judging and traces, as best and median of rounds.",
      flags: {
        model: { type: "string", value: "FOLDER", about: "the model that is measured, instead of the embedded one" },
        shield: { type: "string", value: "FOLDER", about: "the guard (default the model itself, which is as large)" },
        scope: { type: "string", value: "FOLDER", about: "its autoencoders" },
        rounds: { type: "string", default: "15", value: "N", about: "rounds, in turn" },
        peers: { type: "boolean", about: "beside other libraries: --peers --help says how" },
        traces: { type: "boolean", about: "what traces cost at size: --traces --help says how" },
      },
    },
    words,
  )
  const rounds = Number(values.rounds)
  const options: OpenOptions = {
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values.scope === undefined ? {} : { scope: values.scope }),
  }
  // The embedded guard judges short pieces only, so that its figures would say little of a real one. Speed does not depend
  // on what weights say: by default the language model stands in, which has the same size and takes 200 tokens at once.
  const shield = values.shield ?? values.model ?? resolve("packages/tiny/models/tiny-gemma-it")
  await using cached = await Facet.open({ ...options, shield })
  await using uncached = await Facet.open({ ...options, shield, cacheBytes: 0 })
  const sides = { cached, uncached, rounds }

  console.log(
    `${cpus()[0]?.model ?? "unknown CPU"}, ${cpus().length} cores, Node ${process.versions.node}, ${rounds} rounds\n`,
  )
  row("", "best", "median")
  await benchSpeed(sides)
  await benchJudging(sides)
  await benchTracing(sides)
}

async function benchSpeed({ rounds, uncached }: Sides): Promise<void> {
  const late: Array<number> = []
  const speed = await inTurn(rounds, {
    prefill: async (round) => {
      const { timings, usage } = await uncached.generate(freshText(round, 350), exactly(1))
      return (timings.firstTokenMs * 1000) / usage.promptTokens
    },
    first: (round) => millisecondsOf(() => uncached.generate(freshText(round, 80), exactly(1))),
    decode: async (round) => {
      const lag = watchLag()
      const { timings } = await uncached.generate(freshText(round, 20), exactly(200))
      late.push(lag())
      return 1000 / timings.tokensPerSecond
    },
  })
  row("prefill (chunks of 128 tokens)", perSecond(1000, speed.prefill.min), perSecond(1000, speed.prefill.median))
  row("decode (200 tokens, greedy)", perSecond(1, speed.decode.min), perSecond(1, speed.decode.median))
  timeRow("time to first token, about 100 tokens of prompt", speed.first)
  timeRow("event-loop lag while decoding, 99th percentile", timingOf(late))
}

async function benchJudging({ cached, rounds, uncached }: Sides): Promise<void> {
  const content = (round: number) => freshText(round, 220)
  const judging = await inTurn(rounds, {
    shared: (round) => millisecondsOf(() => cached.shield(content(round))),
    separate: (round) =>
      millisecondsOf(async () => {
        for (const policy of defaultPolicies) await uncached.shield(content(round), { policies: [policy] })
      }),
  })
  timeRow("four policies over one text, prefix shared", judging.shared)
  timeRow("four policies over one text, each from its start", judging.separate)
  const gain = ratio(judging.separate, judging.shared)
  row("  gain of the prefix cache", `${gain.min.toFixed(2)}x`, `${gain.median.toFixed(2)}x`)
}

async function benchTracing({ rounds, uncached }: Sides): Promise<void> {
  const story = (round: number) => freshText(round, 20)
  const tracing = await inTurn(rounds, {
    plain: (round) => millisecondsOf(() => uncached.generate(story(round), exactly(200))),
    traced: (round) => millisecondsOf(() => uncached.generate(story(round), { ...exactly(200), trace: true })),
  })
  timeRow("200 tokens, no trace", tracing.plain)
  timeRow("200 tokens, with features of one site", tracing.traced)
  const cost = ratio(tracing.traced, tracing.plain)
  const percent = (value: number) => `${((value - 1) * 100).toFixed(1)} %`
  row("  overhead of the trace", percent(cost.min), percent(cost.median))
}
