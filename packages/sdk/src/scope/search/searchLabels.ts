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
  return hits
    .sort((a, b) => b.whole - a.whole || a.label.length - b.label.length || a.index - b.index)
    .slice(0, most)
    .map(({ index, label }) => ({ index, label }))
}
