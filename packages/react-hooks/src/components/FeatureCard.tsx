import { type ComponentPropsWithoutRef, forwardRef, useId, useMemo } from "react"
import type { Feature, TraceToken } from "@facet/sdk/words"
import { ActivationChart } from "./ActivationChart.tsx"
import { countOf } from "./Amounts.ts"
import { type FeatureSource, neuronpediaUrl } from "./neuronpediaUrl.ts"
import { activationsOf, featureName } from "./trace/FeatureSummary.ts"
import { placeOf, tokensOf, type TraceInput } from "./trace/TraceInput.ts"
import { visibleToken } from "./trace/visibleToken.ts"

export interface FeatureCardProps extends Omit<ComponentPropsWithoutRef<"article">, "children"> {
  /** The feature: its index, and its label where it has one. Its activations are read from the trace. */
  readonly feature: Pick<Feature, "index" | "label">
  readonly trace?: TraceInput
  /** Which autoencoder the feature belongs to: for Gemma Scope's, the card links to Neuronpedia. */
  readonly source?: FeatureSource | undefined
  /** How many of the tokens where the feature is strongest are listed. Default 5. */
  readonly topTokens?: number | undefined
}

/**
 * What is known of one feature: its label and index, where along a text it is active, and its strongest tokens.
 *
 * @example
 * <FeatureCard feature={{ index: 526, label: "animal names" }} trace={trace} />
 */
export const FeatureCard = forwardRef<HTMLElement, FeatureCardProps>(function FeatureCard(
  { feature, source, topTokens = 5, trace, ...props },
  ref,
) {
  const titleId = useId()
  const tokens = tokensOf(trace)
  const values = useMemo(() => activationsOf(tokens, feature.index), [tokens, feature.index])
  const strongest = useMemo(() => strongestTokens(tokens, values, topTokens), [tokens, values, topTokens])
  const url = source === undefined ? undefined : neuronpediaUrl(source, feature.index, placeOf(trace))
  const count = values.filter((value) => value > 0).length
  return (
    <article
      aria-labelledby={titleId}
      data-facet="feature-card"
      data-state={count === 0 ? "inactive" : "active"}
      {...props}
      ref={ref}
    >
      <header data-part="header">
        <strong id={titleId} data-part="title">
          {featureName(feature)}
        </strong>
        {feature.label === undefined ? undefined : <span data-part="index">#{feature.index}</span>}
      </header>
      {tokens.length === 0 ? undefined : <ActivationChart values={values} />}
      {tokens.length === 0 ? undefined : (
        <p data-part="summary">
          {count === 0 ? "Not active in this text" : `Active on ${count} of ${countOf(tokens.length, "token")}`}
        </p>
      )}
      {strongest.length === 0 ? undefined : (
        <ol data-part="top-tokens" aria-label="Strongest tokens">
          {strongest.map(({ activation, position, shown }) => (
            <li key={position}>
              <span data-part="token-text">{shown}</span> <span data-part="activation">{activation.toFixed(2)}</span>
            </li>
          ))}
        </ol>
      )}
      {url === undefined ? undefined : (
        <a href={url} target="_blank" rel="noreferrer" data-part="link">
          View on Neuronpedia <span aria-hidden="true">↗</span>
        </a>
      )}
    </article>
  )
})

interface StrongToken {
  readonly position: number
  readonly shown: string
  readonly activation: number
}

function strongestTokens(
  tokens: ReadonlyArray<TraceToken>,
  values: ReadonlyArray<number>,
  most: number,
): ReadonlyArray<StrongToken> {
  return tokens
    .map(({ token }, position) => ({ position, shown: visibleToken(token).shown, activation: values[position] ?? 0 }))
    .filter(({ activation }) => activation > 0)
    .sort((a, b) => b.activation - a.activation)
    .slice(0, most)
}
