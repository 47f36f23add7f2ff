/** The log-probability of every token of a text. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import type { Score } from "../words/Score.ts"
import type { TokenAlternative } from "../words/TokenLogprob.ts"
import { describeToken } from "./describeToken.ts"
import type { Interventions } from "./Interventions.ts"
import { logSoftmaxAt } from "./Logprobs.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./prefill.ts"
import type { Chunk } from "./Reuse.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface ScoreTextOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly interventions: Interventions
  /** How many of the likeliest tokens come with each place. */
  readonly alternatives?: number | undefined
}

/**
 * The chunks of a prompt are run with logits at all positions that have a token to follow; each chunk's logits are read
 * and dropped before the next one runs.
 */
export const scoreText = ({
  alternatives = 0,
  interventions,
  model,
  scheduler,
  tokens,
}: ScoreTextOptions): Effect.Effect<Score, FacetError> =>
  Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const { vocabSize } = model.config
    const logprobs: Array<number | null> = [null]
    const tops: Array<ReadonlyArray<TokenAlternative>> = [[]]
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      (chunk) => ({ rows: rowsWithNext(chunk, tokens) }),
      (result, chunk) => {
        for (const i of rowsWithNext(chunk, tokens)) {
          const next = tokens[chunk.start + i + 1] ?? -1
          const logits = result.logits.subarray(i * vocabSize, (i + 1) * vocabSize)
          logprobs.push(logSoftmaxAt(logits, next))
          if (alternatives > 0) tops.push(describeToken(model.tokenizer, logits, next, alternatives).top)
        }
      },
      interventions,
    )
    const known = logprobs.filter((logprob) => logprob !== null)
    const mean = known.reduce((sum, logprob) => sum + logprob, 0) / known.length
    return {
      tokens: tokens.map((id, i) => ({
        token: model.tokenizer.tokenText(id),
        id,
        logprob: logprobs[i] ?? null,
        ...(alternatives > 0 && { top: tops[i] ?? [] }),
      })),
      perplexity: known.length === 0 ? null : Math.exp(-mean),
    }
  })

/** Positions in a chunk that have a token to follow. */
const rowsWithNext = (chunk: Chunk, tokens: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from({ length: Math.min(chunk.tokens.length, tokens.length - 1 - chunk.start) }, (_, i) => i)
