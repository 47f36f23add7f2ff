import type { FoundFeature } from "../../words/FeatureSearch.ts"
import type { Site } from "../../words/Site.ts"

/** A feature whose label fits what was looked for. */
export interface LabelHit {
  readonly index: number
  readonly label: string
}

/**
 * Features whose labels have all words of a query, whatever their case: those first that have them as whole words, and of
 * those the shorter labels.
 *
 * @example
 * searchLabels(new Map([[3, "names of animals"], [7, "animal"], [9, "verbs"]]), "animal") // => 7, then 3
 */
export function searchLabels(labels: ReadonlyMap<number, string>, query: string, most = 20): ReadonlyArray<LabelHit> {
  return ranked(labels, query)
    .slice(0, most)
    .map(({ index, label }) => ({ index, label }))
}

/** The same over the labels of several places, in one order. */
export function searchPlaces(
  places: ReadonlyArray<{ readonly place: Site; readonly labels: ReadonlyMap<number, string> }>,
  query: string,
  most: number,
): ReadonlyArray<FoundFeature> {
  return places
    .flatMap(({ labels, place }) => ranked(labels, query).map((hit) => ({ ...hit, place })))
    .sort(byFit)
    .slice(0, most)
    .map(({ index, label, place }) => ({ ...place, index, label }))
}

interface Ranked extends LabelHit {
  /** Words of the query that are whole words of the label. */
  readonly whole: number
}

const byFit = (a: Ranked, b: Ranked): number =>
  b.whole - a.whole || a.label.length - b.label.length || a.index - b.index

function ranked(labels: ReadonlyMap<number, string>, query: string): Array<Ranked> {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
  if (words.length === 0) return []
  const hits = [...labels].flatMap(([index, label]) => {
    const text = label.toLowerCase()
    if (!words.every((word) => text.includes(word))) return []
    const all = new Set(text.match(/[\p{L}\p{N}]+/gu))
    return [{ index, label, whole: words.filter((word) => all.has(word)).length }]
  })
  return hits.sort(byFit)
}
