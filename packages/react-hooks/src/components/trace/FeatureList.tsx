import type { CSSProperties } from "react"
import type { Feature } from "@facet/sdk/words"
import { featureName } from "./FeatureSummary.ts"

interface FeatureListProps {
  readonly features: ReadonlyArray<Feature>
  /** The activation of a full bar. */
  readonly maximum: number
  readonly chosen: number | null
  readonly onChoose: (index: number | null) => void
  readonly labelledBy: string
}

/** Features to choose from; the chosen one is a pressed button, and pressing it again lets it go. */
export function FeatureList({ chosen, features, labelledBy, maximum, onChoose }: FeatureListProps) {
  return (
    <ol aria-labelledby={labelledBy} data-part="features">
      {features.map((feature) => (
        <li key={feature.index}>
          <button
            type="button"
            aria-pressed={feature.index === chosen}
            data-part="feature"
            onClick={() => onChoose(feature.index === chosen ? null : feature.index)}
          >
            <span data-part="feature-name">{featureName(feature)}</span>
            {feature.label === undefined ? undefined : (
              <>
                {" "}
                <span data-part="index">#{feature.index}</span>
              </>
            )}{" "}
            <span data-part="activation">{feature.activation.toFixed(2)}</span>
            <span aria-hidden="true" data-part="bar" style={shareStyle(feature.activation / maximum)} />
          </button>
        </li>
      ))}
    </ol>
  )
}

// React's type of styles has no custom properties, although React sets them.
const shareStyle = (share: number): CSSProperties =>
  ({ "--facet-share": Math.min(Math.max(share, 0), 1).toFixed(3) }) as CSSProperties
