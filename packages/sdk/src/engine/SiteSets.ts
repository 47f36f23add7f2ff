/** Sites as sets: two are the same where they name the same tensor. */
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { type Site, siteKey } from "../words/Site.ts"

/** The residual stream after each layer. */
export const residuals = ({ layers }: ModelConfig): ReadonlyArray<Site> =>
  Array.from({ length: layers }, (_, layer) => ({ layer, site: "resid_post" }))

export const covers = (open: ReadonlyArray<Site>, wanted: ReadonlyArray<Site>): boolean =>
  wanted.every((site) => open.some((other) => siteKey(other) === siteKey(site)))

/** Each once, in the order in which they came first. */
export const union = (open: ReadonlyArray<Site>, more: ReadonlyArray<Site>): ReadonlyArray<Site> => {
  const sites = new Map<string, Site>()
  for (const site of [...open, ...more]) if (!sites.has(siteKey(site))) sites.set(siteKey(site), site)
  return [...sites.values()]
}
