/** node-llama-cpp, with what makes it fastest here. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  getLlama,
  InputLookupTokenPredictor,
  type Llama,
  type LlamaContext,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
  TokenBias,
} from "node-llama-cpp"
import { clocks } from "./Clock.ts"
import type { Converse, Judge, Opening, Pace, Read, Repeat, Side, Together } from "./Task.ts"

const greedy: SequenceEvaluateOptions = { temperature: 0, yieldEogToken: true }

export async function openLlamaSide({ clock, context, folder, threads, tunes }: Opening): Promise<Side> {
  const llama = await getLlama({
    gpu: false,
    build: "never",
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
    progressLogs: false,
  })
  const model = await llama.loadModel({ modelPath: join(folder, "model.gguf") })
  return new LlamaSide({ llama, model }, { clock, context, threads, tunes }, await versionOf())
}

async function versionOf(): Promise<string> {
  const path = fileURLToPath(new URL("../../node_modules/node-llama-cpp/package.json", import.meta.url))
  // A package's manifest has a version.
  return (JSON.parse(await readFile(path, "utf8")) as { readonly version: string }).version
}

type Limits = Pick<Opening, "clock" | "context" | "threads" | "tunes">

interface Opened {
  readonly llama: Llama
  readonly model: LlamaModel
}

/** The library's tokens are numbers that it has marked. */
const marked = (ids: ReadonlyArray<number>): Array<Token> => [...ids] as Array<Token>

class LlamaSide implements Side {
  readonly version: string
  readonly #opened: Opened
  readonly #limits: Limits
  readonly #now: () => number
  #flashAttention: boolean | undefined
  #contexts: ReadonlyArray<LlamaContext> = []
  #single: LlamaContextSequence | undefined
  #lookingUp: LlamaContextSequence | undefined
  #several: ReadonlyArray<LlamaContextSequence> = []

  constructor(opened: Opened, limits: Limits, version: string) {
    this.#opened = opened
    this.#limits = limits
    this.#now = clocks[limits.clock]
    this.version = version
  }

  get settings(): string {
    const { threads } = this.#limits
    const flash = this.#flashAttention === undefined ? "off" : this.#flashAttention ? "on" : "off"
    return `Q4_0, ${threads === 1 ? "1 thread" : `${threads} threads`}, flash attention ${flash} (the faster of both here), batch 512, keys and values f16, whole sliding cache kept, token prediction by input lookup for text that repeats`
  }

  async read({ prompt, tokens }: Read): Promise<Pace> {
    const sequence = await this.#sequence()
    await sequence.clearHistory()
    return (await write(this.#now, sequence, prompt.ids, tokens)).pace
  }

  async repeat({ prompt, token, tokens }: Repeat): Promise<Pace> {
    if (this.#lookingUp === undefined) {
      const context = await this.#context(1, this.#limits.context)
      this.#lookingUp = context.getSequence({ tokenPredictor: new InputLookupTokenPredictor() })
    }
    const sequence = this.#lookingUp
    await sequence.clearHistory()
    const tokenBias = new TokenBias(this.#opened.model.tokenizer).set(marked([token]), { logit: 100 })
    return (await write(this.#now, sequence, prompt.ids, tokens, { ...greedy, tokenBias })).pace
  }

  async converse({ answer, first, pauseMs, second }: Converse): Promise<number> {
    const sequence = await this.#sequence()
    await sequence.clearHistory()
    const { written } = await write(this.#now, sequence, first.ids, answer)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    const startedAt = this.#now()
    const all = marked([...first.ids, ...written, ...second.ids])
    await sequence.adaptStateToTokens(all, false)
    await write(this.#now, sequence, all.slice(sequence.nextTokenIndex), 1)
    return this.#now() - startedAt
  }

  async judge({ candidates, prefix, suffixes }: Judge): Promise<number> {
    const sequence = await this.#sequence()
    await sequence.clearHistory()
    const startedAt = this.#now()
    await sequence.evaluateWithoutGeneratingNewTokens(marked(prefix))
    for (const suffix of suffixes) {
      const [last, ...before] = marked(suffix).toReversed()
      if (last === undefined) throw new Error("two policies have the same prompt")
      const logits = { filter: { tokens: marked(candidates) } }
      await sequence.controlledEvaluate([...before.toReversed(), [last, { generateNext: { logits } }]])
      await sequence.eraseContextTokenRanges([{ start: prefix.length, end: sequence.nextTokenIndex }])
    }
    return this.#now() - startedAt
  }

  async together({ prompts, tokens }: Together): Promise<number> {
    if (this.#several.length === 0) {
      const context = await this.#context(prompts.length, 512)
      this.#several = prompts.map(() => context.getSequence())
    }
    const sequences = this.#several
    for (const sequence of sequences) await sequence.clearHistory()
    const startedAt = this.#now()
    await Promise.all(sequences.map((sequence, i) => write(this.#now, sequence, prompts[i]?.ids ?? [], tokens)))
    return this.#now() - startedAt
  }

  async close(): Promise<void> {
    for (const context of this.#contexts) await context.dispose()
    await this.#opened.model.dispose()
    await this.#opened.llama.dispose()
  }

  async #sequence(): Promise<LlamaContextSequence> {
    this.#single ??= (await this.#context(1, this.#limits.context)).getSequence()
    return this.#single
  }

  async #context(sequences: number, contextSize: number): Promise<LlamaContext> {
    this.#flashAttention ??= this.#limits.tunes && (await this.#isFasterWithFlashAttention())
    const context = await this.#make(sequences, contextSize, this.#flashAttention)
    this.#contexts = [...this.#contexts, context]
    return context
  }

  #make(sequences: number, contextSize: number, flashAttention: boolean): Promise<LlamaContext> {
    const { threads } = this.#limits
    const settings = { batchSize: 512, swaFullCache: true, threads, ignoreMemorySafetyChecks: true }
    return this.#opened.model.createContext({ ...settings, sequences, contextSize, flashAttention })
  }

  /** Reads and writes a little, both ways in turn: which way is faster depends on the processor. */
  async #isFasterWithFlashAttention(): Promise<boolean> {
    const best = { on: Infinity, off: Infinity }
    const ids = Array.from({ length: 257 }, (_, i) => 300 + i)
    for (let round = 0; round < 2; round++) {
      for (const way of ["on", "off"] as const) {
        await using context = await this.#make(1, 512, way === "on")
        const { pace } = await write(this.#now, context.getSequence(), ids, 8)
        // As if an answer of 64 tokens followed the prompt.
        best[way] = Math.min(best[way], pace.firstMs + 64 * pace.tokenMs)
      }
    }
    return best.on < best.off
  }
}

async function write(
  now: () => number,
  sequence: LlamaContextSequence,
  ids: ReadonlyArray<number>,
  tokens: number,
  options: SequenceEvaluateOptions = greedy,
): Promise<{ readonly pace: Pace; readonly written: ReadonlyArray<number> }> {
  const startedAt = now()
  const written: Array<number> = []
  let firstMs = 0
  for await (const token of sequence.evaluate(marked(ids), options)) {
    if (written.push(token) === 1) firstMs = now() - startedAt
    if (written.length >= tokens) break
  }
  if (written.length < tokens) throw new Error(`${written.length} of ${tokens} tokens were written`)
  return { pace: { firstMs, tokenMs: (now() - startedAt - firstMs) / Math.max(1, tokens - 1) }, written }
}
