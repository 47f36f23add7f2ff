/** Features that are active nearly everywhere say little about any one token. */
import type { FeatureSummary } from "./FeatureSummary.ts"

/** A feature may be active on this many tokens before it can count as dense, however short the text is. */
const fewTokens = 20
/** Neuronpedia leaves out features above this density; on a corpus, where a text has far fewer tokens. */
const corpusDensity = 0.01

/**
 * The share of a text's tokens on which a feature may be active and still be shown: 1 % in texts of 2,000 tokens or
 * more. In shorter ones 1 % is a handful of tokens, and the topic of the text itself would be hidden; so the share
 * grows as the text shrinks, and up to 20 tokens nothing is hidden.
 *
 * @example
 * defaultMaxDensity(4000) // => 0.01
 * defaultMaxDensity(200) // => 0.1
 */
export const defaultMaxDensity = (tokens: number): number =>
  Math.min(1, Math.max(corpusDensity, tokens === 0 ? 1 : fewTokens / tokens))

/** The indices of features that are active on more than a share of the tokens. */
export function denseFeatures(
  summaries: ReadonlyMap<number, FeatureSummary>,
  tokens: number,
  maxDensity: number,
): ReadonlySet<number> {
  const most = tokens * maxDensity
  const dense = new Set<number>()
  for (const [index, { count }] of summaries) if (count > most) dense.add(index)
  return dense
}
