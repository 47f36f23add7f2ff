import type { FacetSource } from "./FacetSource.ts"

/**
 * Whether what is open from one source is what the other one asks for. Functions and headers do not count: people write
 * them anew at each render, and the latest ones are used wherever they are needed.
 */
export function isSameSource(a: FacetSource, b: FacetSource): boolean {
  if (a.facet !== undefined || b.facet !== undefined) return a.facet === b.facet
  return keyOfSource(a) === keyOfSource(b)
}

/** What tells two sources apart that are not handed in open. */
export function keyOfSource({ open = {}, remote }: FacetSource): string {
  if (remote !== undefined) return JSON.stringify({ url: typeof remote === "string" ? remote : remote.url })
  const options = Object.entries(open).filter(([, value]) => value !== undefined && typeof value !== "function")
  return JSON.stringify(options.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
