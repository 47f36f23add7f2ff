import { useState } from "react"
import type { FacetHooksError } from "../store/FacetHooksError.ts"
import { useAnswer } from "./useAnswer.ts"
import type { PlacedFeature } from "./useSteering.ts"

export interface UseFeatureSearchOptions {
  /** Features at most. Default 20. */
  readonly topK?: number | undefined
  /** Milliseconds that the query must rest before it is looked for. Default 150. */
  readonly debounce?: number | undefined
}

export interface UseFeatureSearchResult {
  readonly query: string
  /** What is looked for from now on; nothing is where it is empty. */
  readonly setQuery: (query: string) => void
  /** Of exactly this query, among all that have a label. */
  readonly features: ReadonlyArray<PlacedFeature>
  readonly error: FacetHooksError | undefined
}

const none: ReadonlyArray<PlacedFeature> = []

/**
 * Looks for features by their labels, among all of the open autoencoders: what `FeatureBrowser` and `SteeringPanel` take as
 * `search`.
 *
 * @example
 * const search = useFeatureSearch()
 * return <FeatureBrowser texts={texts} search={search} />
 */
export function useFeatureSearch({ debounce = 150, topK }: UseFeatureSearchOptions = {}): UseFeatureSearchResult {
  const [query, setQuery] = useState("")
  const { answer, error } = useAnswer({
    subject: query.trim() === "" ? undefined : query,
    optionsKey: String(topK),
    debounce,
    operation: "Searching features",
    ask: (effects, subject, signal) => effects.searchFeatures(subject, { topK, signal }),
  })
  return { query, setQuery, features: answer ?? none, error }
}
