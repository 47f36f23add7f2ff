/** Sites as sets: two are the same where they name the same tensor, and change it alike. */
import type { ModelConfig } from "../graph/ModelConfig.ts"
import { type ChangeSite, changeKey } from "../graph/SiteChange.ts"
import type { Site } from "../words/Site.ts"

/** The residual stream after each layer. */
export const residuals = ({ layers }: ModelConfig): ReadonlyArray<Site> =>
  Array.from({ length: layers }, (_, layer) => ({ layer, site: "resid_post" }))

export const covers = (open: ReadonlyArray<ChangeSite>, wanted: ReadonlyArray<ChangeSite>): boolean =>
  wanted.every((site) => open.some((other) => changeKey(other) === changeKey(site)))

/** Each once, in the order in which they came first. */
export const union = <S extends ChangeSite>(open: ReadonlyArray<S>, more: ReadonlyArray<S>): ReadonlyArray<S> => {
  const sites = new Map<string, S>()
  for (const site of [...open, ...more]) if (!sites.has(changeKey(site))) sites.set(changeKey(site), site)
  return [...sites.values()]
}
