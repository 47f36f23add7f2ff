/**
 * Which features a policy's verdict hangs on, where it is read: at the prompt's last token. What a feature writes there goes to
 * the two answers' logits by the straight way, which is reckoned (activation times direct effect), and through the layers behind
 * it, which is found out by running that one token again without the feature.
 */
import * as Effect from "effect/Effect"
import { type FacetError, invalidRequest, notFinite } from "../../words/Errors.ts"
import type { InterventionRequest } from "../../words/Intervention.ts"
import { type Site, siteKey } from "../../words/Site.ts"
import type { FeatureReason } from "../../words/Verdict.ts"
import { areFinite } from "../areFinite.ts"
import type { Wanted } from "../Forward.ts"
import type { Interventions } from "../Interventions.ts"
import type { KeyValues } from "../KeyValues.ts"
import type { OpenModel } from "../OpenModel.ts"
import type { OpenSae } from "../OpenSae.ts"
import { prefill, withSequence } from "../prefill.ts"
import type { SaeFeatures } from "../SaeFeatures.ts"
import type { Scheduler } from "../Scheduler.ts"
import { linearLogits, rootMeanSquare } from "./linearLogits.ts"
import { lastSite, unembed } from "./unembed.ts"

/** Of the features that are active, so many of the strongest are looked at: about as many as an autoencoder has at a token. */
const mostActive = 64

/** A model that judges, open for what is asked of it here, and the autoencoder that looks into it. */
export interface FeatureLook {
  readonly scheduler: Scheduler
  readonly model: OpenModel
  readonly sae: OpenSae
  readonly features: SaeFeatures
  /** Features of a reason. */
  readonly topK: number
  readonly resolve: (interventions: ReadonlyArray<InterventionRequest>) => Effect.Effect<Interventions, FacetError>
}

/** What features of the last token did, and how many tokens it took to know. */
export interface FeaturesFound {
  readonly features: ReadonlyArray<FeatureReason>
  readonly judged: number
}

/** @param prompt the policy's own, whose last token gives the verdict. */
export const explainFeatures = (
  look: FeatureLook,
  prompt: ReadonlyArray<number>,
  salt: string | undefined,
): Effect.Effect<FeaturesFound, FacetError> =>
  withSequence(look.model, prompt, (sequence) => explainLast(look, sequence, prompt), salt)

function explainLast(
  look: FeatureLook,
  sequence: KeyValues,
  prompt: ReadonlyArray<number>,
): Effect.Effect<FeaturesFound, FacetError> {
  const { features, model, resolve, sae, scheduler, topK } = look
  // Where it reads, by which its features are named: a transcoder writes elsewhere.
  const site: Site = { layer: sae.entry.layer, site: sae.entry.site }
  const candidates = [model.answers.yes, model.answers.no]
  const last = prompt.length - 1
  /** Runs the last token, and forgets it. */
  const runLast = (wanted: Wanted) =>
    scheduler.step("Judging", async () => {
      const ran = await model.forward(sequence, [prompt[last] ?? 0], { rows: [0], candidates, few: true, ...wanted })
      sequence.truncate(last)
      return { taps: ran.taps, margin: (ran.logits[0] ?? NaN) - (ran.logits[1] ?? NaN) }
    })
  return Effect.gen(function* () {
    if (sequence.length > last) sequence.truncate(last)
    const missing = last - sequence.length
    yield* prefill(
      scheduler,
      model,
      sequence,
      prompt.slice(0, last),
      () => ({}),
      () => {},
    )
    const plain = yield* runLast({ taps: [site, lastSite(model)] })
    const [state, end] = [site, lastSite(model)].map((at) => plain.taps.get(siteKey(at)) ?? new Float32Array(0))
    if (state === undefined || end === undefined || !areFinite(end)) {
      return yield* notFinite("Judging", `the model's ${siteKey(lastSite(model))} is not finite`)
    }
    const [active = []] = yield* scheduler.step("Encoding features", () => sae.topFeatures(state, mostActive))
    const rows = yield* scheduler.step("Reading the autoencoder", () =>
      Promise.all(active.map(({ index }) => features.decoderRow(index))),
    )
    const scale = rootMeanSquare(end, model.config.rmsNormEps)
    const direct: Array<number> = []
    yield* unembed({ scheduler, model, candidates }, rows, (logits, i) => {
      const row = rows[i] ?? new Float32Array(0)
      const [yes = NaN, no = NaN] = linearLogits(model.config, row, logits)
      direct.push(((active[i]?.activation ?? 0) * features.unitAt(state, row) * (yes - no)) / scale)
    })
    const strongest = [...active.keys()]
      .sort((a, b) => Math.abs(direct[b] ?? 0) - Math.abs(direct[a] ?? 0))
      .slice(0, topK)
    const found: Array<FeatureReason> = []
    for (const i of strongest) {
      const feature = active[i]
      if (feature === undefined) continue
      const interventions = yield* resolve([ablating(site, feature.index, last)])
      const { margin } = yield* runLast({ interventions })
      found.push({ ...site, ...feature, direct: direct[i] ?? 0, effect: plain.margin - margin })
    }
    return { features: found, judged: missing + 1 + active.length + found.length }
  })
}

const ablating = (place: Site, index: number, position: number): InterventionRequest => ({
  option: "explain",
  place,
  positions: [position],
  change: { type: "set", features: [[index, 0]], isListed: false, errorTerm: true },
})

/** @throws InvalidRequestError unless the autoencoder is as wide as the model that it is to look into. */
export function checkWidth({ config, root }: OpenModel, row: Float32Array): void {
  if (row.length === config.hiddenSize) return
  throw invalidRequest(
    "explain.features",
    `the autoencoders are ${row.length} wide, and ${root} is ${config.hiddenSize}`,
    "Open with autoencoders of a model of the guard's size, or leave `features` out.",
  )
}
