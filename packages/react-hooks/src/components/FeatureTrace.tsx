import { type ComponentPropsWithoutRef, forwardRef, useDeferredValue, useId, useMemo, useRef, useState } from "react"
import type { Feature, Trace, TraceToken } from "@facet/sdk/words"
import { countOf } from "./Amounts.ts"
import { FeatureCard } from "./FeatureCard.tsx"
import type { FeatureSource } from "./neuronpediaUrl.ts"
import { defaultMaxDensity, denseFeatures } from "./trace/Density.ts"
import { DensityFilter } from "./trace/DensityFilter.tsx"
import { summariesOf } from "./trace/FeatureSummary.ts"
import { listingOf, strongestActivation } from "./trace/Listing.ts"
import { Panel } from "./trace/Panel.tsx"
import { SearchField } from "./trace/SearchField.tsx"
import { strongestOf, viewsOf } from "./trace/TokenView.ts"
import { TokenText } from "./trace/TokenText.tsx"
import { TokenTooltip } from "./trace/TokenTooltip.tsx"
import { placeOf, tokensOf, type TraceInput } from "./trace/TraceInput.ts"
import { useTokenCursor } from "./trace/useTokenCursor.ts"
import { visibleToken } from "./trace/visibleToken.ts"
import { useControllable } from "./useControllable.ts"

export interface FeatureTraceProps extends Omit<ComponentPropsWithoutRef<"div">, "children"> {
  /** A trace, or its tokens so far while they arrive. */
  readonly trace: TraceInput
  /** The index of the feature that is shown alone; null for none. Left out, the component remembers it by itself. */
  readonly feature?: number | null | undefined
  readonly onFeatureSelect?: ((index: number | null) => void) | undefined
  /** Whether there is a field to search features by label or index. Default true. */
  readonly search?: boolean | undefined
  /** Whether people can choose how common a feature may be. Default true. */
  readonly densityFilter?: boolean | undefined
  /**
   * Features that are active on more than this share of the tokens, 0 to 1, are hidden at first. Default: 0.01 for 2,000
   * tokens or more, a larger share the shorter the text is, and up to 20 tokens 1, which hides nothing.
   */
  readonly maxDensity?: number | undefined
  /** Which autoencoder the features belong to: for Gemma Scope's, features link to Neuronpedia. */
  readonly source?: FeatureSource | undefined
}

/**
 * A text as a heat map: each token is as green as its strongest feature is active. Pointing at a token lists its
 * features, a click keeps it, and choosing a feature shows that one along the whole text.
 *
 * @example
 * const { trace } = useTrace(text)
 * return <FeatureTrace trace={trace} />
 */
export const FeatureTrace = forwardRef<HTMLDivElement, FeatureTraceProps>(function FeatureTrace(
  {
    densityFilter = true,
    feature: heldFeature,
    maxDensity: initialDensity,
    onFeatureSelect,
    search = true,
    source,
    trace,
    ...props
  },
  ref,
) {
  const id = useId()
  const frame = useRef<HTMLDivElement>(null)
  // Whatever depends on the whole text may come a moment later: hovering and typing do not wait for it.
  const tokens = useDeferredValue(tokensOf(trace))
  const [chosenIndex, choose] = useControllable<number | null>(heldFeature, null, onFeatureSelect)
  const [ownDensity, setOwnDensity] = useState<{ readonly maxDensity: number | undefined }>()
  const [query, setQuery] = useState("")
  const cursor = useTokenCursor(tokens, frame)

  const maxDensity = ownDensity === undefined ? initialDensity : ownDensity.maxDensity
  const summaries = useMemo(() => summariesOf(tokens), [tokens])
  const hidden = useMemo(
    () => denseFeatures(summaries, tokens.length, maxDensity ?? defaultMaxDensity(tokens.length)),
    [summaries, tokens.length, maxDensity],
  )
  const chosenLabel = chosenIndex === null ? undefined : summaries.get(chosenIndex)?.peak.label
  const chosen = useMemo(
    () => (chosenIndex === null ? undefined : withLabel(chosenIndex, chosenLabel)),
    [chosenIndex, chosenLabel],
  )
  const emphasis = useDeferredValue(useMemo(() => ({ chosen, hidden }), [chosen, hidden]))
  const views = useMemo(() => viewsOf(tokens, emphasis), [tokens, emphasis])

  const active = cursor.active === undefined ? undefined : tokens[cursor.active]
  const listing = useMemo(() => listingOf({ active, hidden, query, summaries }), [active, hidden, query, summaries])
  const strongest = useMemo(() => strongestActivation(summaries, hidden), [summaries, hidden])
  const heatOf = ({ features }: TraceToken): Feature | undefined =>
    chosen === undefined ? strongestOf(features, hidden) : features.find(({ index }) => index === chosen.index)
  const tooltipToken = cursor.tooltip === undefined ? undefined : tokens[cursor.tooltip.position]

  return (
    <div
      role="group"
      aria-label="Feature trace"
      data-facet="feature-trace"
      data-chosen={emphasis.chosen === undefined ? undefined : ""}
      data-state={tokens.length === 0 ? "empty" : cursor.locked === undefined ? "idle" : "locked"}
      {...props}
      ref={ref}
    >
      {tokens.length === 0 ? undefined : (
        <div data-part="controls">
          {search ? <SearchField id={`${id}-search`} query={query} onChange={setQuery} /> : undefined}
          {densityFilter ? (
            <DensityFilter
              tokens={tokens.length}
              maxDensity={maxDensity}
              hidden={hidden.size}
              onChange={(next) => setOwnDensity({ maxDensity: next })}
            />
          ) : undefined}
        </div>
      )}
      <div data-part="body">
        <div data-part="frame" ref={frame}>
          <p id={`${id}-text`} data-part="caption">
            {captionOf(tokens, placeOf(trace))}
          </p>
          {tokens.length === 0 ? undefined : (
            <TokenText
              views={views}
              labelledBy={`${id}-text`}
              active={cursor.active}
              locked={cursor.locked}
              cursor={cursor.cursor}
              handlers={cursor.handlers}
            />
          )}
          {cursor.tooltip === undefined || tooltipToken === undefined ? undefined : (
            <TokenTooltip
              shown={visibleToken(tooltipToken.token).shown}
              feature={heatOf(tooltipToken)}
              x={cursor.tooltip.x}
              y={cursor.tooltip.y}
            />
          )}
        </div>
        {tokens.length === 0 ? undefined : (
          <Panel
            id={`${id}-panel`}
            listing={listing}
            isLocked={cursor.locked !== undefined}
            canClear={active !== undefined && query === ""}
            onClear={cursor.clear}
            strongest={strongest}
            chosen={chosenIndex}
            onChoose={choose}
          />
        )}
      </div>
      {chosen === undefined ? undefined : (
        <div data-part="chosen">
          <FeatureCard feature={chosen} trace={trace} source={source} />
          <button type="button" data-part="button" onClick={() => choose(null)}>
            Show all features
          </button>
        </div>
      )}
    </div>
  )
})

const withLabel = (index: number, label: string | undefined): Pick<Feature, "index" | "label"> =>
  label === undefined ? { index } : { index, label }

const siteNames: Readonly<Record<string, string>> = {
  resid_post: "residual stream",
  attn_z: "attention heads",
  mlp_out: "MLP output",
  mlp_in_norm: "MLP input",
  mlp_in: "MLP input, with the gain",
}

function captionOf(tokens: ReadonlyArray<TraceToken>, place: Pick<Trace, "site" | "layer"> | undefined): string {
  if (tokens.length === 0) return "No tokens to show yet"
  const count = countOf(tokens.length, "token")
  return place === undefined ? count : `${count} · layer ${place.layer}, ${siteNames[place.site] ?? place.site}`
}
