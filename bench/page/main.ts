/** Opens Facets in a page, and measures them when the benchmark asks. */
import { Facet, type GenerateOptions, type OpenOptions } from "@facet/sdk"

/** What the benchmark calls through the browser's own channel. */
export interface BenchPage {
  /** @returns milliseconds that opening took. */
  readonly open: (name: string, options: OpenOptions) => Promise<number>
  /** @returns what `timings` and `usage` of the generation say. */
  readonly generate: (
    name: string,
    prompt: string,
    options: GenerateOptions,
  ) => Promise<{ readonly firstTokenMs: number; readonly tokensPerSecond: number; readonly promptTokens: number }>
}

const facets = new Map<string, Facet>()

const page: BenchPage = {
  open: async (name, options) => {
    const startedAt = performance.now()
    facets.set(name, await Facet.open(options))
    return performance.now() - startedAt
  },
  generate: async (name, prompt, options) => {
    const facet = facets.get(name)
    if (facet === undefined) throw new Error(`${name} is not open`)
    const { timings, usage } = await facet.generate(prompt, options)
    return {
      firstTokenMs: timings.firstTokenMs,
      tokensPerSecond: timings.tokensPerSecond,
      promptTokens: usage.promptTokens,
    }
  },
}

Object.assign(globalThis, { bench: page })
