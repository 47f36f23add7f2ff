import type { Facet, Site, SiteName } from "@facet/sdk"
import type { Console } from "../Console.ts"
import { readPlace, scopeFor } from "../InterventionFlags.ts"
import { openFacet } from "../Opening.ts"
import type { ScopeValues } from "./ScopeAction.ts"

/** More than any autoencoder has. */
const allFeatures = Number.MAX_SAFE_INTEGER

export interface ScopeFacet extends AsyncDisposable {
  readonly facet: Facet
  /** What is inspected: all features, at the place that the command line names. */
  readonly looking: {
    readonly topK: number
    readonly layer?: number
    readonly site?: SiteName
    readonly signal: AbortSignal
  }
}

/** Opens the model with its autoencoders, to look at texts with. */
export async function openScopeFacet(
  console: Console,
  { layer, model, scope, site }: ScopeValues,
): Promise<ScopeFacet> {
  const place: Partial<Site> = readPlace({ layer, site })
  const facet = await openFacet(console, { ...(model && { model }), ...scopeFor(scope, place) })
  return {
    facet,
    looking: { topK: allFeatures, ...place, signal: console.signal },
    [Symbol.asyncDispose]: () => facet.close(),
  }
}
