/** Reading a text once, and tracing what the model made of it at several sites. */
import * as Effect from "effect/Effect"
import { type FacetError, notFinite } from "../words/Errors.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { Feature, Trace } from "../words/Trace.ts"
import { areFinite } from "./areFinite.ts"
import type { Interventions } from "./Interventions.ts"
import type { OpenModel } from "./OpenModel.ts"
import type { OpenSae } from "./OpenSae.ts"
import { checkLength } from "./prefill.ts"
import { chunksOf } from "./Reuse.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface TraceSitesOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly saes: ReadonlyArray<OpenSae>
  readonly topK: number
  readonly interventions: Interventions
}

/** A chunk is encoded before the next one is run, so that no more than a chunk's tensors are held. */
export const traceSites = (options: TraceSitesOptions): Effect.Effect<ReadonlyArray<Trace>, FacetError> => {
  const { interventions, model, saes, scheduler, tokens, topK } = options
  const sites = saes.map(({ entry: { layer, site } }): Site => ({ layer, site }))
  return Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const found = saes.map((): Array<ReadonlyArray<Feature>> => [])
    yield* Effect.acquireUseRelease(
      Effect.sync(() => model.newSequence(tokens.length, interventions)),
      (sequence) =>
        Effect.forEach(
          chunksOf(tokens, 0, model.reuse),
          (chunk) =>
            Effect.gen(function* () {
              const { taps } = yield* scheduler.step("Running a prompt", () =>
                model.forward(sequence, chunk.tokens, { taps: sites, exact: true }),
              )
              for (const [i, sae] of saes.entries()) {
                const key = siteKey(sae.entry)
                const values = taps.get(key) ?? new Float32Array(0)
                if (!areFinite(values)) return yield* notFinite("Inspecting", `the model's ${key} is not finite`)
                // `<bos>` is never encoded: see `traceText.ts`.
                const first = chunk.start === 0 ? values.length / chunk.tokens.length : 0
                const encode = () => sae.topFeatures(values.subarray(first), topK)
                found[i]?.push(...(yield* scheduler.step("Encoding features", encode)))
              }
            }),
          { discard: true },
        ),
      (sequence) => Effect.sync(() => sequence.dispose()),
    )
    return sites.map((site, s): Trace => ({
      ...site,
      tokens: tokens.map((id, i) => ({
        token: model.tokenizer.tokenText(id),
        id,
        features: i === 0 ? [] : (found[s]?.[i - 1] ?? []),
      })),
    }))
  })
}
