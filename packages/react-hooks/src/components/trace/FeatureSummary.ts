/** What a text as a whole says of each feature. */
import type { Feature, TraceToken } from "@facet/sdk/words"

export interface FeatureSummary {
  /** The feature as it was where it is strongest. */
  readonly peak: Feature
  /** How many tokens list the feature. */
  readonly count: number
}

/** By index, in the order in which the text first lists them. */
export function summariesOf(tokens: ReadonlyArray<TraceToken>): ReadonlyMap<number, FeatureSummary> {
  const summaries = new Map<number, { peak: Feature; count: number }>()
  for (const { features } of tokens) {
    for (const feature of features) {
      const known = summaries.get(feature.index)
      if (known === undefined) {
        summaries.set(feature.index, { peak: feature, count: 1 })
        continue
      }
      known.count += 1
      if (feature.activation > known.peak.activation) known.peak = feature
    }
  }
  return summaries
}

/** A feature's name: its label, or its number where nobody found out what it stands for. */
export const featureName = ({ index, label }: Pick<Feature, "index" | "label">): string => label ?? `Feature ${index}`

/** The activation of one feature at each token; 0 where it is not among those listed. */
export const activationsOf = (tokens: ReadonlyArray<TraceToken>, index: number): ReadonlyArray<number> =>
  tokens.map(({ features }) => features.find((feature) => feature.index === index)?.activation ?? 0)
