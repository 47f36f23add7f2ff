/** What `facet bench` measures: how long a model takes for what apps ask of it. */
import type { Facet, GenerateOptions } from "@facet/sdk"
import { isFacetError } from "@facet/sdk"

export interface BenchRow {
  readonly name: string
  readonly unit: "ms" | "ms/token"
  /** Tokens of the prompt, or that were judged. */
  readonly tokens: number
  readonly best: number
  readonly median: number
  /** What reading the weights once takes, where the row is a token each. */
  readonly floor: number | null
}

export interface LeftOut {
  readonly name: string
  readonly problem: string
}

export interface BenchResult {
  readonly rows: ReadonlyArray<BenchRow>
  readonly leftOut: ReadonlyArray<LeftOut>
}

export interface BenchPlan {
  readonly rounds: number
  /** Milliseconds that reading the weights once takes. */
  readonly floor: number | null
  readonly signal: AbortSignal
  readonly report: (line: string) => void
}

/** One round's figure. */
interface Figure {
  readonly value: number
  readonly tokens: number
}

interface Measurement {
  readonly name: string
  readonly unit: BenchRow["unit"]
  readonly measure: (facet: Facet, round: number, signal: AbortSignal) => Promise<Figure>
}

/** What would end a generation: `<eos>` and the ends of a turn of Gemma 2 and 3. */
const logitBias = { 1: -100, 106: -100, 107: -100 }

const writing = (maxTokens: number, signal: AbortSignal): GenerateOptions & { readonly signal: AbortSignal } => ({
  template: "none",
  maxTokens,
  logitBias,
  signal,
})

/** Text that no round has seen before, so that no cache knows it. */
const freshText = (kind: string, round: number, words: number): string =>
  `${kind} ${round}: ${"the fox and the bear walked along the river in the morning ".repeat(Math.ceil(words / 11))}`

const prefill = (words: number): Measurement => ({
  name: `first token of a prompt of about ${words} words`,
  unit: "ms",
  measure: async (facet, round, signal) => {
    const { timings, usage } = await facet.generate(freshText("Read", round, words), writing(1, signal))
    return { value: timings.firstTokenMs, tokens: usage.promptTokens }
  },
})

const decode = (words: number): Measurement => ({
  name: `decode after about ${words} words`,
  unit: "ms/token",
  measure: async (facet, round, signal) => {
    const { timings, usage } = await facet.generate(freshText("Write", round, words), writing(24, signal))
    return { value: 1000 / timings.tokensPerSecond, tokens: usage.promptTokens }
  },
})

const secondTurn: Measurement = {
  name: "first token of a chat's second turn",
  unit: "ms",
  measure: async (facet, round, signal) => {
    const first = { role: "user", content: freshText("Ask", round, 40) } as const
    const { text } = await facet.generate([first], { maxTokens: 24, logitBias, signal })
    const turns = [first, { role: "assistant", content: text }, { role: "user", content: "Go on, please." }] as const
    const { timings, usage } = await facet.generate(turns, { maxTokens: 1, logitBias, signal })
    return { value: timings.firstTokenMs, tokens: usage.promptTokens }
  },
}

const shield: Measurement = {
  name: "shield, four policies over about 200 words",
  unit: "ms",
  measure: async (facet, round, signal) => {
    const startedAt = performance.now()
    const { tokens } = await facet.shield(freshText("Judge", round, 200), { signal })
    return { value: performance.now() - startedAt, tokens: tokens.judged + tokens.cached }
  },
}

const measurements = [decode(20), decode(200), decode(600), prefill(80), prefill(200), prefill(600), secondTurn, shield]

/** Measures in rounds, so that what disturbs one row disturbs all; the first round warms up and is left out. */
export async function benchRows(facet: Facet, plan: BenchPlan): Promise<BenchResult> {
  const { floor, report, rounds, signal } = plan
  const figures = new Map<Measurement, Array<Figure>>(measurements.map((measurement) => [measurement, []]))
  const leftOut: Array<LeftOut> = []
  for (let round = 0; round <= rounds; round++) {
    for (const [measurement, own] of figures) {
      report(`${round === 0 ? "warming up" : `round ${round} of ${rounds}`}: ${measurement.name}`)
      try {
        const figure = await measurement.measure(facet, round, signal)
        if (round > 0) own.push(figure)
      } catch (error) {
        if (!isFacetError(error)) throw error
        // No guard, or a context that is too short: the other rows are still wanted.
        figures.delete(measurement)
        leftOut.push({ name: measurement.name, problem: error.message })
      }
    }
  }
  const rows = [...figures].map(([{ name, unit }, own]): BenchRow => {
    const sorted = own.map(({ value }) => value).toSorted((a, b) => a - b)
    return {
      name,
      unit,
      tokens: own[0]?.tokens ?? 0,
      best: sorted[0] ?? NaN,
      median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
      floor: unit === "ms/token" ? floor : null,
    }
  })
  return { rows, leftOut }
}
