/** Traces for people: what was strongest, and where. */
import type { Feature, TraceToken } from "@facet/sdk/words"
import { bar } from "./bar.ts"
import type { Screen } from "./Console.ts"
import { fit, padEnd, textWidth, visible } from "./textWidth.ts"

/** A feature at the token where it is strongest. */
export interface Peak {
  readonly feature: Feature
  readonly token: string
}

const barWidth = 16
const tokenWidth = 18

/** The strongest activation of any feature at a token; 0 where there is none. */
export const strengthOf = ({ features }: TraceToken): number => features[0]?.activation ?? 0

export const maximumOf = (tokens: ReadonlyArray<TraceToken>): number => Math.max(0, ...tokens.map(strengthOf))

export function strongestFeatures(tokens: ReadonlyArray<TraceToken>): ReadonlyArray<Peak> {
  const peaks = new Map<number, Peak>()
  for (const { features, token } of tokens) {
    for (const feature of features) {
      const known = peaks.get(feature.index)
      if (known === undefined || known.feature.activation < feature.activation)
        peaks.set(feature.index, { feature, token })
    }
  }
  return [...peaks.values()].sort((a, b) => b.feature.activation - a.feature.activation)
}

/** A line for each token: its strongest feature, and how strong that is. */
export function tokenLines(tokens: ReadonlyArray<TraceToken>, screen: Pick<Screen, "columns">): ReadonlyArray<string> {
  const maximum = maximumOf(tokens)
  const width = Math.min(
    tokenWidth,
    widest(tokens, ({ token }) => quoted(token)),
  )
  return tokens.map((entry) => {
    const strongest = entry.features[0]
    const name = padEnd(fit(quoted(entry.token), width), width)
    if (strongest === undefined) return `${name}  -`
    return row([name, ...measure(strongest, maximum), nameOf(strongest)], screen)
  })
}

export function featureLines(peaks: ReadonlyArray<Peak>, screen: Pick<Screen, "columns">): ReadonlyArray<string> {
  const maximum = peaks[0]?.feature.activation ?? 0
  if (maximum === 0) return ["no feature was active"]
  const width = Math.min(
    32,
    widest(peaks, ({ feature }) => nameOf(feature)),
  )
  return peaks.map(({ feature, token }) => {
    const name = padEnd(fit(nameOf(feature), width), width)
    return row([name, ...measure(feature, maximum), `at ${quoted(token)}`], screen)
  })
}

const widest = <A>(items: ReadonlyArray<A>, cell: (item: A) => string): number =>
  items.reduce((most, item) => Math.max(most, textWidth(cell(item))), 0)

const row = (cells: ReadonlyArray<string>, { columns }: Pick<Screen, "columns">): string =>
  fit(cells.join("  "), columns)

const measure = ({ activation }: Feature, maximum: number): ReadonlyArray<string> => [
  activation.toFixed(1).padStart(6),
  bar(activation / maximum, barWidth).padEnd(barWidth),
]

/** A feature that nobody explained has only its number. */
const nameOf = ({ index, label }: Feature): string =>
  label === undefined ? `#${index}` : `${visible(label, true)} (#${index})`

/** The spaces of a token are part of it. */
const quoted = (token: string): string => `"${visible(token, true)}"`
