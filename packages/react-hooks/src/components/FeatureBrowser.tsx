import { type ComponentPropsWithoutRef, forwardRef, useDeferredValue, useId, useMemo, useState } from "react"
import { isSameFeature, type PlacedFeature } from "../hooks/useSteering.ts"
import { countOf } from "./Amounts.ts"
import { type FiringFeature, firingFeatures, firingsOf, foundAmong, type TracedText } from "./features/Firings.ts"
import { type LabelSearch, SearchError } from "./features/LabelSearch.tsx"
import { featureName } from "./trace/FeatureSummary.ts"
import { SearchField } from "./trace/SearchField.tsx"
import { visibleToken } from "./trace/visibleToken.ts"
import { useControllable } from "./useControllable.ts"

export interface FeatureBrowserProps extends Omit<ComponentPropsWithoutRef<"section">, "children" | "onSelect"> {
  /** The texts of a chat, or any others, with their traces. */
  readonly texts: ReadonlyArray<TracedText>
  /** The feature that is looked at; leave it out to let the component keep it. */
  readonly selected?: PlacedFeature | null | undefined
  readonly onSelect?: ((feature: PlacedFeature | null) => void) | undefined
  /** What `useFeatureSearch` gives: features that did not fire here are then found, too, by their labels. */
  readonly search?: LabelSearch | undefined
  /** How many features are listed at most. Default 30. */
  readonly most?: number | undefined
}

/** Places that are shown of one feature. */
const mostFirings = 20

/**
 * What fires most in some texts, and where else each feature fired: a list to choose from, with a search, and the places of the
 * chosen one in their surroundings.
 *
 * @example
 * <FeatureBrowser texts={messages.map((message) => ({ id: message.id, traces: tracesOf(message) }))} />
 */
export const FeatureBrowser = forwardRef<HTMLElement, FeatureBrowserProps>(function FeatureBrowser(
  { most = 30, onSelect, search, selected: held, texts, ...props },
  ref,
) {
  const searchId = useId()
  const [query, setQuery] = useState("")
  const [selected, select] = useControllable<PlacedFeature | null>(held, null, onSelect)
  const wanted = useDeferredValue(query)
  const features = useMemo(() => firingFeatures(texts), [texts])
  // What was found for another browser before this one is no answer to an empty field.
  const others = query.trim() === "" ? undefined : search?.features
  const found = useMemo(() => foundAmong(features, wanted, others), [features, others, wanted])
  const look = (text: string) => {
    setQuery(text)
    search?.setQuery(text)
  }
  return (
    <section aria-label="Features of these texts" data-facet="feature-browser" {...props} ref={ref}>
      <SearchField id={searchId} query={query} onChange={look} />
      <p data-part="summary" role="status">
        {found.length === 0 ? "No feature found" : countOf(found.length, "feature")}
        {found.length > most ? `, the first ${most} of which are listed` : undefined}
      </p>
      <SearchError search={search} />
      <ul data-part="features" aria-label="Features that fire most">
        {found.slice(0, most).map((feature) => {
          const isSelected = selected !== null && isSameFeature(feature, selected)
          return (
            <li key={`${feature.site}.${feature.layer}.${feature.index}`}>
              <FeatureButton
                feature={feature}
                isSelected={isSelected}
                onPress={() => select(isSelected ? null : feature)}
              />
            </li>
          )
        })}
      </ul>
      {selected === null ? undefined : <Firings feature={selected} texts={texts} />}
    </section>
  )
})

interface FeatureButtonProps {
  readonly feature: FiringFeature
  readonly isSelected: boolean
  readonly onPress: () => void
}

function FeatureButton({ feature, isSelected, onPress }: FeatureButtonProps) {
  const { index, label, layer, site, strongest, tokens } = feature
  return (
    <button type="button" data-part="feature" aria-pressed={isSelected} onClick={onPress}>
      <span data-part="feature-name">{featureName(feature)}</span>{" "}
      <span data-part="place">
        {label === undefined ? undefined : `#${index} · `}
        {site}, layer {layer}
      </span>{" "}
      <span data-part="amount">
        {tokens === 0 ? "silent here" : `${countOf(tokens, "token")}, ${strongest.toFixed(1)} at most`}
      </span>
    </button>
  )
}

function Firings({ feature, texts }: { readonly feature: PlacedFeature; readonly texts: ReadonlyArray<TracedText> }) {
  const titleId = useId()
  const firings = useMemo(() => firingsOf(texts, feature), [texts, feature])
  return (
    <div data-part="firings" role="group" aria-labelledby={titleId}>
      <strong id={titleId} data-part="firings-title">
        Where {featureName(feature)} fired
      </strong>
      {firings.length === 0 ? (
        <p data-part="summary">Nowhere in these texts</p>
      ) : (
        <ol data-part="places">
          {firings.slice(0, mostFirings).map(({ activation, after, before, position, textId, title, token }, i) => (
            <li key={`${textId} ${position} ${i}`}>
              <span data-part="text-title">{title}</span>{" "}
              <q data-part="surroundings" dir="auto">
                {before}
                <mark>{visibleToken(token).shown}</mark>
                {after}
              </q>{" "}
              <span data-part="activation">{activation.toFixed(2)}</span>
            </li>
          ))}
        </ol>
      )}
      {firings.length > mostFirings ? <p data-part="summary">and {firings.length - mostFirings} more</p> : undefined}
    </div>
  )
}
