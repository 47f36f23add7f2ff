/** Reading a text once for what several sites hold of it. */
import * as Effect from "effect/Effect"
import { siteWidth } from "../graph/ModelConfig.ts"
import { type FacetError, notFinite } from "../words/Errors.ts"
import type { RowPositions } from "../words/Request.ts"
import { RowOfText } from "../words/RowOfText.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { Trace } from "../words/Trace.ts"
import { areFinite } from "./areFinite.ts"
import type { Interventions } from "./Interventions.ts"
import type { OpenModel } from "./OpenModel.ts"
import { checkLength, prefillAll } from "./prefill.ts"
import type { Scheduler } from "./Scheduler.ts"

export interface RowsOfTextOptions {
  readonly scheduler: Scheduler
  /** Opened with a tap at each of the sites. */
  readonly model: OpenModel
  /** `<bos>` first. */
  readonly tokens: ReadonlyArray<number>
  readonly sites: ReadonlyArray<Site>
  readonly positions: RowPositions
  readonly interventions: Interventions
}

/** A chunk's activations are dropped before the next one runs: of a long text and many layers they would be gigabytes. */
export const rowsOfText = ({
  interventions,
  model,
  positions,
  scheduler,
  sites,
  tokens,
}: RowsOfTextOptions): Effect.Effect<ReadonlyArray<Trace>, FacetError> =>
  Effect.gen(function* () {
    yield* checkLength(model, tokens)
    const rows = sites.map(({ site }) => new RowOfText(siteWidth(model.config, site), positions))
    yield* prefillAll(
      scheduler,
      model,
      tokens,
      () => ({ taps: sites }),
      ({ taps }) => {
        for (const [i, site] of sites.entries()) rows[i]?.add(taps.get(siteKey(site)) ?? new Float32Array(0))
      },
      interventions,
    )
    const traces = sites.map((site, i) => ({ ...site, tokens: [], activations: rows[i]?.row ?? new Float32Array(0) }))
    const broken = traces.find(({ activations }) => !areFinite(activations))
    if (broken !== undefined) return yield* notFinite("Inspecting", `the model's ${siteKey(broken)} is not finite`)
    return traces
  })
