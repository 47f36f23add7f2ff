/** One token, ready to be drawn. */
import type { Feature, TraceToken } from "@facet/sdk/words"
import { alphaOf, levelOf, type StrengthLevel } from "./Heat.ts"
import { featureName } from "./FeatureSummary.ts"
import { type TokenKind, visibleToken } from "./visibleToken.ts"

export interface TokenView {
  readonly token: string
  readonly kind: TokenKind
  /** What is drawn. */
  readonly shown: string
  readonly alpha: number
  readonly level: StrengthLevel
  /** The feature that colours it. */
  readonly heat: Feature | undefined
  /** The feature that is shown alone, which need not be active here. */
  readonly chosen: Pick<Feature, "index" | "label"> | undefined
  readonly hasFeatures: boolean
}

export interface Emphasis {
  /** Show this feature alone. */
  readonly chosen: TokenView["chosen"]
  readonly hidden: ReadonlySet<number>
}

/** The strongest of those that are not hidden. */
export function strongestOf(features: ReadonlyArray<Feature>, hidden: ReadonlySet<number>): Feature | undefined {
  let strongest: Feature | undefined
  for (const feature of features) {
    if (hidden.has(feature.index)) continue
    if (strongest === undefined || feature.activation > strongest.activation) strongest = feature
  }
  return strongest
}

export function viewsOf(tokens: ReadonlyArray<TraceToken>, { chosen, hidden }: Emphasis): ReadonlyArray<TokenView> {
  const heats = tokens.map(({ features }) =>
    chosen === undefined ? strongestOf(features, hidden) : features.find(({ index }) => index === chosen.index),
  )
  const maximum = heats.reduce((most, heat) => Math.max(most, heat?.activation ?? 0), 0)
  return tokens.map(({ features, token }, position) => {
    const heat = heats[position]
    const activation = heat?.activation ?? 0
    const { kind, shown } = visibleToken(token)
    return {
      token,
      kind,
      shown,
      alpha: alphaOf(activation, maximum),
      level: levelOf(activation, maximum),
      heat,
      chosen,
      hasFeatures: features.length > 0,
    }
  })
}

/** What a screen reader says of a token. */
export function nameOf({ chosen, hasFeatures, heat, token }: TokenView): string {
  const said = chosen === undefined ? strongestSaid(heat, hasFeatures) : chosenSaid(chosen, heat)
  return `token ${visibleToken(token).spoken}, ${said}`
}

function strongestSaid(strongest: Feature | undefined, hasFeatures: boolean): string {
  if (strongest !== undefined) {
    return `strongest feature ${strongest.label ?? strongest.index}, ${strongest.activation.toFixed(2)}`
  }
  return hasFeatures ? "its features are hidden" : "no features"
}

const chosenSaid = (chosen: Pick<Feature, "index" | "label">, heat: Feature | undefined): string =>
  heat === undefined ? `${featureName(chosen)} is not active` : `${featureName(chosen)}, ${heat.activation.toFixed(2)}`

/** Whether both look and sound the same, although they may have been read anew. */
export const isSameView = (a: TokenView, b: TokenView): boolean =>
  a === b ||
  (a.token === b.token &&
    a.alpha === b.alpha &&
    a.level === b.level &&
    a.hasFeatures === b.hasFeatures &&
    isSameFeature(a.chosen, b.chosen) &&
    isSameFeature(a.heat, b.heat) &&
    a.heat?.activation === b.heat?.activation)

const isSameFeature = (a: TokenView["chosen"], b: TokenView["chosen"]): boolean =>
  a?.index === b?.index && a?.label === b?.label
