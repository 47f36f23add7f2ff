/** What differs between Node and a browser, as the effects see it. `#platform` in package.json names the one that runs. */
import type * as Layer from "effect/Layer"
import type { DeviceName } from "../DeviceName.ts"
import type { Engine } from "../engine/Engine.ts"
import type { FacetError } from "../Errors.ts"
import type { EngineLimits } from "../worker/Protocol.ts"

/** Where the embedded models are, as an engine's `ModelRef` names them. */
export interface Embedded {
  readonly gemma: string
  readonly shield: string
  readonly scope: string
}

/** What an engine is started with. */
export interface EngineSettings extends EngineLimits {
  readonly device: "auto" | DeviceName
  readonly precision: "auto" | "f32" | "f16" | "int8"
  /** Whether a browser keeps what it downloads. */
  readonly storage: "persistent" | "none"
  /** Starts the script that this package exports as `@facet/sdk/worker`. */
  readonly worker: (() => PageWorker) | undefined
}

/** What `new Worker(…)` gives in a page, as far as it is used here: Node's types know no such class. */
export interface PageWorker {
  postMessage(message: unknown): void
  addEventListener(type: string, listener: (event: object) => void): void
  terminate(): void
}

export interface Platform {
  /** Devices that `device` may name, besides `auto`. */
  readonly devices: ReadonlyArray<DeviceName>
  readonly embedded: () => Promise<Embedded>
  /** Where a model is that was named by its id, folder or URL. Rejects with a `ModelNotFoundError`. */
  readonly resolveModel: (model: string) => Promise<string>
  /** The same for a folder or file of autoencoders. */
  readonly resolveScope: (scope: string) => string
  readonly layerEngine: (settings: EngineSettings) => Layer.Layer<Engine, FacetError>
}
