/** Reading a text and tracing what the model made of it. */
import * as Effect from "effect/Effect"
import { type FacetError, notFinite } from "../words/Errors.ts"
import { siteWidth } from "../graph/ModelConfig.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { Trace } from "../words/Trace.ts"
import { areFinite } from "./areFinite.ts"
import type { Interventions } from "./Interventions.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./prefill.ts"
import type { OpenSae } from "./OpenSae.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface TraceTextOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly site: Site
  /** Not needed when only raw activations are wanted. */
  readonly sae: OpenSae | undefined
  readonly topK: number
  readonly interventions: Interventions
  /** Whether the trace carries the site's tensor. */
  readonly activations: boolean
}

export const traceText = (options: TraceTextOptions): Effect.Effect<Trace, FacetError> => {
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
      options.interventions,
    )
    if (!areFinite(activations)) {
      return yield* notFinite("Inspecting", `the model's ${siteKey(site)} is not finite`)
    }
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
