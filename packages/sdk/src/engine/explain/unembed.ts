/**
 * What a model's last norm and head make of vectors of the residual stream: each takes the place of the last layer's output
 * at a token of its own, so that no other graph is needed, at the price of running the layers for nothing.
 *
 * Source of the lens: nostalgebraist, "interpreting GPT: the logit lens" (2020).
 */
import * as Effect from "effect/Effect"
import type { FacetError } from "../../words/Errors.ts"
import type { Site } from "../../words/Site.ts"
import { type Directions, Interventions } from "../Interventions.ts"
import type { OpenModel } from "../OpenModel.ts"
import { chunkLength } from "../Reuse.ts"
import type { Scheduler } from "../Scheduler.ts"

export interface Unembedding {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  /** The ids whose logits are wanted, of a model that computes few; otherwise all are given. */
  readonly candidates?: ReadonlyArray<number> | undefined
}

/** Where the last norm reads. */
export const lastSite = ({ config }: OpenModel): Site => ({ layer: config.layers - 1, site: "resid_post" })

/**
 * Gives the logits of each vector, in order, to `onLogits`. The model has to be open for interventions at {@link lastSite}.
 *
 * @param vectors `[hidden size]` each.
 */
export const unembed = (
  { candidates, model, scheduler }: Unembedding,
  vectors: ReadonlyArray<Float32Array>,
  onLogits: (logits: Float32Array, i: number) => void,
): Effect.Effect<void, FacetError> => {
  const most = Math.min(chunkLength, model.config.contextLength)
  const starts = Array.from({ length: Math.ceil(vectors.length / most) }, (_, i) => i * most)
  return Effect.forEach(
    starts,
    (start) =>
      Effect.gen(function* () {
        const some = vectors.slice(start, start + most)
        const rows = Array.from(some, (_, i) => i)
        const logits = yield* scheduler.step("Reading out the residual stream", async () => {
          const sequence = model.newSequence(some.length, placing(lastSite(model), some))
          try {
            const tokens = some.map(() => model.config.bosId)
            return (await model.forward(sequence, tokens, { rows, ...(candidates && { candidates }) })).logits
          } finally {
            sequence.dispose()
          }
        })
        const width = logits.length / some.length
        for (const row of rows) onLogits(logits.subarray(row * width, (row + 1) * width), start + row)
      }),
    { discard: true },
  )
}

/** Each vector in place of what stands at a position. */
function placing(site: Site, vectors: ReadonlyArray<Float32Array>): Interventions {
  const width = vectors[0]?.length ?? 0
  const [zero, one, zeros] = [Float32Array.of(0), Float32Array.of(1), new Float32Array(width)]
  const along = { site, width, encoder: zeros, bias: zero, threshold: zero, gain: zero }
  const each = vectors.map((decoder, i): Directions => {
    return { ...along, key: `vector ${i}`, positions: [i], constant: one, decoder }
  })
  const nothing: Directions = {
    ...along,
    key: "nothing",
    positions: { from: 0, to: Infinity },
    constant: zero,
    decoder: zeros,
    base: zeros,
  }
  return Interventions.of([...each, nothing])
}
