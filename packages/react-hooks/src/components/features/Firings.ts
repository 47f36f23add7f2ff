/** What fires where, over several texts. */
import type { Trace } from "@facet/sdk/words"
import { isSameFeature, type PlacedFeature } from "../../hooks/useSteering.ts"

/** A text, and what was traced of it. */
export interface TracedText {
  /** Tells it apart from the others. */
  readonly id: string
  /** What people call it; default: its place in the list. */
  readonly title?: string | undefined
  readonly traces: ReadonlyArray<Pick<Trace, "site" | "layer" | "tokens">>
}

/** A feature, and how it fires in all the texts. */
export interface FiringFeature extends PlacedFeature {
  /** Its strongest activation. */
  readonly strongest: number
  /** At so many tokens it is among those that are listed. */
  readonly tokens: number
}

/** Those that fire at most tokens first; of equals the strongest. */
export function firingFeatures(texts: ReadonlyArray<TracedText>): ReadonlyArray<FiringFeature> {
  const found = new Map<string, { -readonly [Key in keyof FiringFeature]: FiringFeature[Key] }>()
  for (const { traces } of texts) {
    for (const { layer, site, tokens } of traces) {
      for (const { features } of tokens) {
        for (const { activation, index, label } of features) {
          const key = `${site}.${layer}.${index}`
          const known = found.get(key)
          if (known === undefined) {
            const named = label === undefined ? {} : { label }
            found.set(key, { site, layer, index, ...named, strongest: activation, tokens: 1 })
            continue
          }
          known.tokens += 1
          known.strongest = Math.max(known.strongest, activation)
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => b.tokens - a.tokens || b.strongest - a.strongest)
}

/**
 * Those that fire and are looked for, and behind them those that were found elsewhere and are silent here.
 *
 * @param others what a search among all labels found.
 */
export function foundAmong(
  firing: ReadonlyArray<FiringFeature>,
  query: string,
  others: ReadonlyArray<PlacedFeature> = [],
): ReadonlyArray<FiringFeature> {
  const isAmong = (feature: PlacedFeature, list: ReadonlyArray<PlacedFeature>) =>
    list.some((other) => isSameFeature(other, feature))
  const found = firing.filter((feature) => isFound(feature, query) || isAmong(feature, others))
  const silent = others.filter((feature) => !isAmong(feature, firing))
  return [...found, ...silent.map((feature) => ({ ...feature, strongest: 0, tokens: 0 }))]
}

/** A token at which a feature fires, with what stands around it. */
export interface Firing {
  readonly textId: string
  readonly title: string
  readonly position: number
  readonly activation: number
  readonly before: string
  readonly token: string
  readonly after: string
}

/** Tokens on either side of one. */
const around = 6

/** The strongest first. */
export function firingsOf(texts: ReadonlyArray<TracedText>, feature: PlacedFeature): ReadonlyArray<Firing> {
  return texts
    .flatMap(({ id, title, traces }, i) =>
      traces.flatMap(({ layer, site, tokens }) =>
        tokens.flatMap(({ features, token }, position) => {
          const fired = features.find(({ index }) => isSameFeature({ index, layer, site }, feature))
          if (fired === undefined) return []
          const spelt = (from: number, to: number) =>
            tokens
              .slice(Math.max(0, from), to)
              .map((other) => other.token)
              .join("")
          return [
            {
              textId: id,
              title: title ?? `Text ${i + 1}`,
              position,
              activation: fired.activation,
              before: spelt(position - around, position),
              token,
              after: spelt(position + 1, position + 1 + around),
            },
          ]
        }),
      ),
    )
    .sort((a, b) => b.activation - a.activation)
}

/** Whether a feature is what somebody looks for: by its number, or by words of its label in any order, as labels are searched. */
export function isFound({ index, label = "" }: PlacedFeature, query: string): boolean {
  const wanted = query.trim().toLowerCase().replace(/^#/, "")
  const text = label.toLowerCase()
  return String(index) === wanted || wanted.split(/\s+/).every((word) => text.includes(word))
}
