/** `facet scope pull`. */
import { askToFetch } from "../askToFetch.ts"
import { showingProgress } from "../Opening.ts"
import { nameOf, namedSae, type ScopeAction } from "./ScopeAction.ts"

export const pullOne: ScopeAction = async (console, name, values) => {
  const { pullSae } = await import("@facet/sdk/models")
  const sae = await namedSae(name, values)
  const { path } = await showingProgress(console, undefined, (onProgress) =>
    pullSae(sae, {
      onProgress,
      onPlan: (plan) => askToFetch(console, plan, nameOf(sae), values.yes),
      signal: console.signal,
    }),
  )
  const { out } = console
  await out.writeLine(values.json === true ? JSON.stringify({ ...sae, path }) : path)
  return 0
}
