/** What layers and features say, as JSON, which is as it is. */
import type { FeatureLogits, Lens, LensLayer, TokenEffect } from "../words/Lens.ts"
import { tokenAlternativeFromJson } from "./PartDocument.ts"
import { list, number, optional, type Reader, record, text, whole } from "./Reader.ts"
import { siteFromJson } from "./TraceDocument.ts"

/** @throws Misread when it is none. */
export const lensFromJson: Reader<Lens> = record<Lens>({
  tokens: list(record<Lens["tokens"][number]>({ token: text, id: whole })),
  layers: list(record<LensLayer>({ layer: whole, next: list(list(tokenAlternativeFromJson)) })),
})

export const lensToJson = (lens: Lens): object => lens

const effects = list(record<TokenEffect>({ token: text, id: whole, effect: number }))

/** @throws Misread when it is none. */
export const featureLogitsFromJson: Reader<FeatureLogits> = record<FeatureLogits>({
  site: siteFromJson,
  layer: whole,
  features: list(
    record<FeatureLogits["features"][number]>({
      index: whole,
      label: optional(text),
      promoted: effects,
      suppressed: effects,
    }),
  ),
})

export const featureLogitsToJson = (logits: FeatureLogits): object => logits
