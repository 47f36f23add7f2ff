/** Reading a text and tracing what the model made of it. */
import * as Effect from "effect/Effect"
import type { FacetError } from "../Errors.ts"
import { type Site, siteKey, siteWidth } from "../graph/Sites.ts"
import type { Trace } from "../Trace.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./Prefill.ts"
import type { Sae } from "./Sae.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface InspectOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly site: Site
  /** Not needed when only raw activations are wanted. */
  readonly sae: Sae | undefined
  readonly topK: number
  /** Whether the trace carries the site's tensor. */
  readonly activations: boolean
}

export const inspect = (options: InspectOptions): Effect.Effect<Trace, FacetError> => {
  const { model, sae, scheduler, site, tokens, topK } = options
  return Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const width = siteWidth(model.config, site.site)
    const activations = new Float32Array(tokens.length * width)
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps: [site] }),
      (result, chunk) => activations.set(result.taps.get(siteKey(site)) ?? [], chunk.start * width),
    )
    const features =
      sae === undefined
        ? []
        : yield* scheduler.step("Encoding features", () => sae.topFeatures(activations.subarray(width), topK))
    const trace: Trace = {
      ...site,
      tokens: tokens.map((id, i) => ({
        token: model.tokenizer.tokenText(id),
        id,
        // Position 0 is left out, as in Gemma Scope's training: `<bos>` has activations far beyond all others.
        features: i === 0 ? [] : (features[i - 1] ?? []),
      })),
    }
    return options.activations ? { ...trace, activations } : trace
  })
}
