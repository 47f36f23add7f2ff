import type { UseFeatureSearchResult } from "../../hooks/useFeatureSearch.ts"

/** A search among all features that have a label. */
export type LabelSearch = Pick<UseFeatureSearchResult, "features" | "setQuery"> &
  Partial<Pick<UseFeatureSearchResult, "error">>

/** A search that failed has found nothing, and that is not all that there is to say. */
export function SearchError({ search }: { readonly search: LabelSearch | undefined }) {
  if (search?.error === undefined) return null
  return (
    <p data-part="error" role="alert">
      {search.error.message}
    </p>
  )
}
