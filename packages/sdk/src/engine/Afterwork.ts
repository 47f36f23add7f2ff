/**
 * What is done while nobody waits: an answer is run once more as a prompt.
 *
 * Tokens that were decoded one by one have rows that differ in the last bits from those of a prompt, and are not taken
 * over, so that a chat's next turn gives the same text whatever the cache holds. Run again in company they are, and the
 * next turn costs its own tokens alone.
 */
import * as Effect from "effect/Effect"
import type { Interventions } from "./Interventions.ts"
import type { OpenModel } from "./OpenModel.ts"
import { chunksOf, isExactChunk } from "./Reuse.ts"
import type { Scheduler } from "./Scheduler.ts"

/** A text whose end was decoded. */
export interface Written {
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly interventions: Interventions
  readonly salt: string
}

/** Older ones are forgotten: who has not come back for so long will not miss a second. */
const most = 4

export class Afterwork {
  readonly #scheduler: Scheduler
  #waiting: Array<Written> = []
  #working: Promise<void> | undefined
  #isClosed = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    scheduler.onIdle = () => this.#start()
  }

  add(written: Written): void {
    if (!written.model.reuse.isExact || !written.interventions.areKept) return
    this.#waiting = [...this.#waiting, written].slice(-most)
    this.#start()
  }

  /** Ends after the run that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#working
  }

  #start(): void {
    this.#working ??= this.#work().finally(() => void (this.#working = undefined))
  }

  async #work(): Promise<void> {
    // Whoever is about to send the next request comes first.
    await new Promise((resolve) => setTimeout(resolve, 0))
    let reached = 0
    for (let next = this.#waiting.at(-1); next !== undefined; next = this.#waiting.at(-1)) {
      if (this.#isClosed || !this.#scheduler.isIdle) return
      const before = reached
      reached = await runNext(this.#scheduler, next)
      if (reached > before) continue
      this.#waiting = this.#waiting.filter((other) => other !== next)
      reached = 0
    }
  }
}

/** Runs the next chunk that the cache lacks, and says how many rows it then has; 0 when there is nothing to be gained. */
async function runNext(scheduler: Scheduler, { interventions, model, salt, tokens }: Written): Promise<number> {
  let rows = 0
  const run = async (): Promise<void> => {
    // Somebody may have come while this waited for its turn.
    if (!scheduler.isIdle) return
    const { reused, sequence } = model.acquireSequence(tokens, interventions, salt)
    try {
      const chunk = chunksOf(tokens, reused, model.reuse)[0]
      // An evicted prompt is not run again.
      if (reused === 0 || chunk === undefined || !isWorthwhile(model, chunk)) return
      await model.forward(sequence, chunk.tokens, { exact: true })
      rows = sequence.length
    } finally {
      model.cache.release(sequence)
    }
  }
  // A failure shows when somebody asks: here nobody waits for an answer.
  await Effect.runPromise(Effect.ignore(scheduler.step("Running an answer again", () => model.alone(run))))
  return rows
}

/** The last token is run by whoever takes the rows over. */
const isWorthwhile = (
  { reuse }: OpenModel,
  chunk: { readonly start: number; readonly tokens: ReadonlyArray<number> },
) => (reuse.cut === "pairs" ? chunk.tokens.length > 1 : isExactChunk(chunk, reuse))
