/** The logit lens over a text: what the model would say after each token if it stopped at each layer. */
import * as Effect from "effect/Effect"
import { type FacetError, notFinite } from "../../words/Errors.ts"
import type { Lens } from "../../words/Lens.ts"
import { type Site, siteKey } from "../../words/Site.ts"
import type { TokenAlternative } from "../../words/TokenLogprob.ts"
import { areFinite } from "../areFinite.ts"
import { describeToken } from "../describeToken.ts"
import type { Interventions } from "../Interventions.ts"
import type { OpenModel } from "../OpenModel.ts"
import { checkLength, prefillAll } from "../prefill.ts"
import type { Scheduler } from "../Scheduler.ts"
import { unembed } from "./unembed.ts"

export interface LensTextOptions {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly tokens: ReadonlyArray<number>
  readonly layers: ReadonlyArray<number>
  readonly topK: number
  readonly interventions: Interventions
}

export const lensText = (options: LensTextOptions): Effect.Effect<Lens, FacetError> => {
  const { interventions, layers, model, scheduler, tokens, topK } = options
  const { hiddenSize } = model.config
  return Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const states = new Map<number, Array<Float32Array>>(layers.map((layer) => [layer, []]))
    const taps = layers.map((layer): Site => ({ layer, site: "resid_post" }))
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps }),
      (result, { tokens: { length } }) => {
        for (const tap of taps) {
          const values = result.taps.get(siteKey(tap)) ?? new Float32Array(0)
          if (!areFinite(values)) throw notFinite("Inspecting", `the model's ${siteKey(tap)} is not finite`)
          for (let i = 0; i < length; i++) {
            states.get(tap.layer)?.push(values.slice(i * hiddenSize, (i + 1) * hiddenSize))
          }
        }
      },
      interventions,
    )
    const read: Array<Lens["layers"][number]> = []
    for (const [layer, vectors] of states) {
      const next: Array<ReadonlyArray<TokenAlternative>> = []
      yield* unembed({ model, scheduler }, vectors, (logits) => {
        next.push(describeToken(model.tokenizer, logits, 0, topK).top)
      })
      read.push({ layer, next })
    }
    return { tokens: tokens.map((id) => ({ token: model.tokenizer.tokenText(id), id })), layers: read }
  })
}
