import type { ModelFiles } from "../files/ModelFiles.ts"
import type { DeviceCandidate, Runtime } from "../runtime/Runtime.ts"
import type { Checksums } from "../words/Checksums.ts"
import type { EngineSettings } from "../words/EngineSettings.ts"
import type { Progress } from "../words/Progress.ts"
import type { Site } from "../words/Site.ts"
import type { Scope } from "./Scopes.ts"

/** What an engine is made of, on the thread where it runs. */
export interface EngineOptions extends Pick<
  EngineSettings,
  | "queue"
  | "active"
  | "cacheBytes"
  | "scopeBytes"
  | "judging"
  | "lanes"
  | "prefill"
  | "reuse"
  | "shareWeights"
  | "speculate"
> {
  /** Tried in this order. */
  readonly devices: ReadonlyArray<DeviceCandidate>
  /** What to do where none of them works, in a sentence. */
  readonly elsewhere?: string
  /** Makes a runtime that computes rightly, where there is one: what a folder does not know of itself, it tells. */
  readonly reference?: () => Runtime
  readonly openFolder: (
    source: string,
    onProgress: (progress: Progress) => void,
    sha256?: Checksums,
  ) => Promise<ModelFiles>
  readonly openScope: (
    scope: string,
    given: Partial<Site>,
    onProgress: (progress: Progress) => void,
    sha256?: Checksums,
  ) => Promise<Scope>
}
