/** What an engine is started with, as a caller sets it: plain data, which crosses to the engine's thread as it is. */
import type { JudgingLimits } from "./JudgingLimits.ts"
import type { WeightPacking } from "./Tensors.ts"
import type { DeviceName, FloatPrecision, StorageKind } from "./Device.ts"

/** Which keys and values of earlier requests a request may take over. */
export type ReuseRule = "exact" | "any"

/** What prompts are multiplied as: see `OpenOptions.prefill`. */
export type PrefillRule = "weights" | "int8"

export interface EngineSettings {
  /** The most requests that may run or wait. */
  readonly queue: number
  /** The most requests under way at once. */
  readonly active: number
  /** The most bytes of keys and values that a model's prefix cache may keep. */
  readonly cacheBytes: number
  /** The most bytes of autoencoders' encoders that stay in memory while others are used. */
  readonly scopeBytes: number
  readonly judging: JudgingLimits
  readonly reuse: ReuseRule
  readonly prefill: PrefillRule
  /** Whether weights are laid out in a file that processes share. */
  readonly shareWeights: boolean
  /** Sequences that get their next tokens in one run, where the device can. */
  readonly lanes: number
  /** Whether guessed tokens run beside the next one. */
  readonly speculate: boolean
  /** Threads of one run; left out, the runtime chooses. */
  readonly threads: number | undefined
  readonly device: "auto" | DeviceName
  readonly precision: "auto" | FloatPrecision
  readonly storage: StorageKind
  /** In a browser, where the engine finds and packs models itself. */
  readonly packing: WeightPacking
}

/** What `new Worker(…)` gives in a page, as far as it is used here: Node's types know no such class. */
export interface PageWorker {
  postMessage(message: unknown): void
  addEventListener(type: string, listener: (event: object) => void): void
  terminate(): void
}
