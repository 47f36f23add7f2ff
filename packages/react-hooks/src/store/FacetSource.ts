import type { OpenOptions } from "@facet/sdk"
import type { Effects, RemoteFacetOptions } from "@facet/sdk/remote"
import type { Device } from "@facet/sdk/words"

/** An open Facet, or anything with the same effects. */
export interface OpenEffects extends Effects {
  /** What was opened, for people to read. */
  readonly model?: string | undefined
  readonly device?: Device | undefined
}

/** Where the effects come from: `facet` before `remote` before `open`; without any it is the embedded model. */
export interface FacetSource {
  /** What is opened in this page, as for `Facet.open()`. */
  readonly open?: OpenOptions | undefined
  /** An open Facet, which is used as it is and never closed here. */
  readonly facet?: OpenEffects | undefined
  /** A server that has the effects (`facet serve`, or `effects()` of `@facet/hono-plugin`): its URL, or how to ask it. */
  readonly remote?: string | RemoteFacetOptions | undefined
}

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
