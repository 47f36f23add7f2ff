/** Running a prompt: in chunks, so that others can run in between and a request can be cancelled. */
import * as Effect from "effect/Effect"
import { asFacetError, ContextOverflowError, type FacetError } from "../words/Errors.ts"
import type { Forward, Wanted } from "./Forward.ts"
import type { OpenModel } from "./OpenModel.ts"
import { Interventions } from "./Interventions.ts"
import type { KeyValues } from "./KeyValues.ts"
import { type Chunk, chunksOf } from "./Reuse.ts"
import type { Scheduler } from "./Scheduler.ts"

const operation = "Running a prompt"

/** Fails when a prompt does not fit into the model's context. */
export const checkLength = (model: OpenModel, tokens: { readonly length: number }) =>
  tokens.length <= model.config.contextLength
    ? Effect.void
    : Effect.fail(
        new ContextOverflowError({ tokens: tokens.length, limit: model.config.contextLength, subject: "text" }),
      )

/**
 * Runs the tokens that `sequence` does not hold yet, and gives what each chunk yields to `onChunk`.
 *
 * @param wanted what is wanted of a chunk; by default only its keys and values.
 */
export const prefill = (
  scheduler: Scheduler,
  model: OpenModel,
  sequence: KeyValues,
  tokens: ReadonlyArray<number>,
  wanted: (chunk: Chunk) => Wanted,
  onChunk: (result: Forward, chunk: Chunk) => void,
): Effect.Effect<void, FacetError> =>
  Effect.forEach(
    chunksOf(tokens, sequence.length, model.reuse),
    (chunk) =>
      Effect.flatMap(
        scheduler.step(operation, () => model.forward(sequence, chunk.tokens, { ...wanted(chunk), exact: true })),
        // What it gives may be no numbers: that is an error like any other.
        (result) => Effect.try({ try: () => onChunk(result, chunk), catch: (cause) => asFacetError(operation, cause) }),
      ),
    { discard: true },
  )

/** Runs all tokens in a sequence of their own: cached keys and values say nothing of the logits and activations of a prefix. */
export const prefillAll = (
  scheduler: Scheduler,
  model: OpenModel,
  tokens: ReadonlyArray<number>,
  wanted: (chunk: Chunk) => Wanted,
  onChunk: (result: Forward, chunk: Chunk) => void,
  interventions = Interventions.none,
): Effect.Effect<void, FacetError> =>
  Effect.acquireUseRelease(
    Effect.sync(() => model.newSequence(tokens.length, interventions)),
    (sequence) => prefill(scheduler, model, sequence, tokens, wanted, onChunk),
    (sequence) => Effect.sync(() => sequence.dispose()),
  )

/** Whether a chunk ends the prompt. */
export const isLast = (chunk: Chunk, tokens: ReadonlyArray<number>): boolean =>
  chunk.start + chunk.tokens.length === tokens.length

/** Lends a sequence that begins like the request for as long as `use` runs, and gives it back to the prefix cache. */
export const withSequence = <A, E, R>(
  model: OpenModel,
  tokens: ReadonlyArray<number>,
  use: (sequence: KeyValues, reused: number) => Effect.Effect<A, E, R>,
  salt = "",
  interventions = Interventions.none,
): Effect.Effect<A, E, R> =>
  Effect.acquireUseRelease(
    Effect.map(
      Effect.promise(() => model.undisturbed),
      () => model.acquireSequence(tokens, interventions, salt),
    ),
    ({ reused, sequence }) => use(sequence, reused),
    // Whatever was run before an error or an interruption is whole rows, and as good as any.
    ({ sequence }) => Effect.sync(() => (interventions.areKept ? model.cache.release(sequence) : sequence.dispose())),
  )
