/**
 * Prompts that begin alike, asked one after the other: one sequence serves them all. It is rewound to where the next prompt
 * departs, and only what differs is run.
 */
import * as Effect from "effect/Effect"
import type { FacetError } from "../words/Errors.ts"
import type { KeyValues } from "./KeyValues.ts"
import type { OpenModel } from "./OpenModel.ts"
import { isLast, prefill, withSequence } from "./prefill.ts"
import type { Scheduler } from "./Scheduler.ts"

/** Lends a sequence that begins like the first prompt for as long as `use` runs. */
export const withSharedPrefix = <A>(
  scheduler: Scheduler,
  model: OpenModel,
  first: ReadonlyArray<number>,
  use: (shared: SharedPrefix) => Effect.Effect<A, FacetError>,
  salt?: string,
): Effect.Effect<A, FacetError> =>
  withSequence(model, first, (sequence) => use(new SharedPrefix(scheduler, model, sequence)), salt)

export class SharedPrefix {
  readonly #scheduler: Scheduler
  readonly #model: OpenModel
  readonly #sequence: KeyValues
  #judged = 0
  #cached = 0

  constructor(scheduler: Scheduler, model: OpenModel, sequence: KeyValues) {
    this.#scheduler = scheduler
    this.#model = model
    this.#sequence = sequence
  }

  /** Tokens of all prompts so far: those that were run, and those that were not. */
  get tokens(): { readonly judged: number; readonly cached: number } {
    return { judged: this.#judged, cached: this.#cached }
  }

  /** Tokens that would be run for a prompt. */
  costOf(tokens: ReadonlyArray<number>): number {
    return tokens.length - reusableLength(this.#model, this.#sequence, tokens)
  }

  /** The logits of the candidates, in their order, for the token that follows the prompt. */
  logits(tokens: ReadonlyArray<number>, candidates: ReadonlyArray<number>): Effect.Effect<Float32Array, FacetError> {
    return Effect.suspend(() => {
      const sequence = this.#sequence
      sequence.truncate(reusableLength(this.#model, sequence, tokens))
      this.#judged += tokens.length - sequence.length
      this.#cached += sequence.length
      let logits: Float32Array = new Float32Array(0)
      const run = prefill(
        this.#scheduler,
        this.#model,
        sequence,
        tokens,
        (chunk) => ({ candidates, rows: isLast(chunk, tokens) ? [chunk.tokens.length - 1] : [] }),
        (result) => void (logits = result.logits),
      )
      return Effect.map(run, () => logits)
    })
  }
}

/** As the prefix cache does it, so that an answer depends on its prompt alone. */
function reusableLength(
  { reuse: { isExact, unit } }: OpenModel,
  sequence: KeyValues,
  tokens: ReadonlyArray<number>,
): number {
  const common = Math.min(commonLength(sequence, tokens), tokens.length - 1)
  const usable = isExact ? Math.min(common, sequence.exactLength) : common
  return usable - (usable % unit)
}

function commonLength(sequence: KeyValues, tokens: ReadonlyArray<number>): number {
  const most = Math.min(sequence.length, tokens.length)
  for (let i = 0; i < most; i++) if (sequence.tokens[i] !== tokens[i]) return i
  return most
}
