import type { Effects, RemoteFacetOptions } from "@facet/sdk/remote"
import type { Device, Progress } from "@facet/sdk/words"
import type { FacetSource } from "./FacetSource.ts"
import { importAnew } from "./importAnew.ts"

export interface OpenedSource {
  readonly effects: Effects
  readonly model: string | undefined
  readonly device: Device | undefined
  /** Frees what was opened; what was handed in stays open. */
  readonly close: () => Promise<void>
}

interface Opening {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** The source as it is now: functions and headers may have changed since it was opened. */
  readonly latest: () => FacetSource
}

const keepOpen = async () => {}

export const handedIn = (facet: NonNullable<FacetSource["facet"]>): OpenedSource => ({
  effects: facet,
  model: facet.model,
  device: facet.device,
  close: keepOpen,
})

/** Opens what the source names. Rejects with the signal's reason when that is aborted. */
export async function openSource(source: FacetSource, opening: Opening): Promise<OpenedSource> {
  if (source.facet !== undefined) return handedIn(source.facet)
  if (source.remote !== undefined) return openRemote(remoteOptions(source.remote), opening)
  return openHere(source, opening)
}

async function openHere({ open = {} }: FacetSource, { latest, onProgress, signal }: Opening): Promise<OpenedSource> {
  // Loaded when it is needed: a page, or a server that renders it, does not carry the SDK before.
  const { Facet } = await importAnew(() => import("@facet/sdk"), "Facet")
  signal.throwIfAborted()
  const facet = await Facet.open({
    ...open,
    signal,
    onProgress: (progress) => {
      onProgress(progress)
      latest().open?.onProgress?.(progress)
    },
  })
  return { effects: facet, model: facet.model, device: facet.device, close: () => facet.close() }
}

async function openRemote({ url }: RemoteFacetOptions, { latest, signal }: Opening): Promise<OpenedSource> {
  const { RemoteFacet } = await importAnew(() => import("@facet/sdk/remote"), "RemoteFacet")
  const now = () => remoteOptions(latest().remote ?? url)
  const effects = new RemoteFacet({
    url,
    // A token that was renewed since counts for the next request.
    headers: () => {
      const { headers = {} } = now()
      return typeof headers === "function" ? headers() : headers
    },
    fetch: (input, init) => {
      // Called without an owner, as browsers demand of their own.
      const { fetch = globalThis.fetch } = now()
      return fetch(input, init)
    },
  })
  const { device, model } = await effects.describe({ signal })
  return { effects, model, device, close: keepOpen }
}

const remoteOptions = (remote: string | RemoteFacetOptions): RemoteFacetOptions =>
  typeof remote === "string" ? { url: remote } : remote
