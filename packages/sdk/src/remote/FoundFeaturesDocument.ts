/** Features that were found by their labels, as JSON. */
import type { FoundFeature } from "../words/FeatureSearch.ts"
import { siteNames } from "../words/Site.ts"
import { list, oneOf, type Reader, record, text, whole } from "./Reader.ts"

const read = record<{ readonly features: ReadonlyArray<FoundFeature> }>({
  features: list(record<FoundFeature>({ site: oneOf(siteNames), layer: whole, index: whole, label: text })),
})

/** @throws Misread when they are none. */
export const foundFeaturesFromJson: Reader<ReadonlyArray<FoundFeature>> = (value, path) => read(value, path).features

export const foundFeaturesToJson = (features: ReadonlyArray<FoundFeature>): object => ({ features })
