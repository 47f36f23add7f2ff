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
