/** What differs between Node and a browser, as the effects see it. `#platform` in package.json names the one that runs. */
import type * as Layer from "effect/Layer"
import type { DeviceOffer } from "../runtime/DeviceOffer.ts"
import type { StorageKind } from "../words/Device.ts"
import type { Engine } from "../words/Engine.ts"
import type { EngineSettings, PageWorker } from "../words/EngineSettings.ts"
import type { FacetError } from "../words/Errors.ts"
import type { Download } from "../words/OpenOptions.ts"
import type { WeightPacking } from "../words/Tensors.ts"
import type { ScopeQuery } from "../words/ScopeQuery.ts"
import type { Progress } from "../words/Progress.ts"

/** Where the embedded models are, as an engine's `ModelRef` names them. */
export interface Embedded {
  readonly gemma: string
  readonly shield: string
  readonly scope: string
}

/** On what terms a model is looked for. */
export interface ModelTerms {
  readonly download: Download
  readonly packing: WeightPacking
  /** What the model is for. */
  readonly use: "text" | "guard" | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly signal: AbortSignal
}

export interface Platform {
  /** What its runtimes can honour, in the order in which `auto` tries them. */
  readonly devices: ReadonlyArray<DeviceOffer>
  /** What may become of downloads; a platform of one kind has nothing to choose. */
  readonly storages: ReadonlyArray<StorageKind>
  /** Whether the engine runs in a worker that a page may start itself. */
  readonly takesWorker: boolean
  readonly embedded: () => Promise<Embedded>
  /** Whether a model that is not here is fetched before the engine is told of it, and packed where it has to be. */
  readonly fetchesModels: boolean
  /** Where a model is that was named by its id, folder or URL. Rejects with a `ModelNotFoundError`. */
  readonly resolveModel: (model: string, terms: ModelTerms) => Promise<string>
  /** Asks whoever owns the disk to keep what will be downloaded onto it. */
  readonly keepDownloads: () => void
  /**
   * Where autoencoders are that were named, by a path, a name of Gemma Scope's or what they are, for the model at `path`.
   * Rejects with a `ScopeFileError`, and with an `InvalidRequestError` for what nothing has.
   */
  readonly resolveScope: (
    scope: string | ScopeQuery,
    model: { readonly id: string; readonly path: string },
    terms: ModelTerms,
  ) => Promise<string>
  readonly layerEngine: (
    settings: EngineSettings,
    worker: (() => PageWorker) | undefined,
  ) => Layer.Layer<Engine, FacetError>
}
