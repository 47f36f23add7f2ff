/** What an engine is told of the options that a Facet is opened with. */
import type { EngineSettings } from "../words/EngineSettings.ts"
import { defaultJudgingLimits, type JudgingLimits } from "../words/JudgingLimits.ts"
import { asPublished, type OpenOptions } from "../words/OpenOptions.ts"
import type { WeightPacking } from "../words/Tensors.ts"

/** The most requests that run or wait, where nobody says otherwise. */
export const defaultQueue = 64

const defaults = {
  queue: defaultQueue,
  active: 8,
  cacheBytes: 512 * 1024 * 1024,
  judging: defaultJudgingLimits,
  scopeBytes: 4 * 1024 * 1024 * 1024,
}

/** What was given a value. */
const given = (limits: Partial<JudgingLimits> = {}): Partial<JudgingLimits> =>
  Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))

/** An explicit `undefined` is no limit of its own. */
export const settingsOf = (options: OpenOptions): EngineSettings => ({
  active: options.active ?? defaults.active,
  cacheBytes: options.cacheBytes ?? defaults.cacheBytes,
  scopeBytes: options.scopeBytes ?? defaults.scopeBytes,
  judging: { ...defaults.judging, ...given(options.judging) },
  lanes: options.lanes ?? 1,
  reuse: options.reuse ?? "exact",
  prefill: options.prefill ?? "weights",
  shareWeights: options.shareWeights ?? false,
  speculate: options.speculate ?? true,
  queue: options.queue ?? defaults.queue,
  threads: options.threads,
  device: options.device ?? "auto",
  // How the files are is settled when the engine meets them.
  precision: options.precision === undefined || options.precision === asPublished ? "auto" : options.precision,
  storage: options.storage ?? "persistent",
  packing: packingOf(options),
})

/** Whoever asks for products of floats has a use for plain weights. */
export const packingOf = ({ dtype, precision = "auto" }: OpenOptions): WeightPacking =>
  dtype ?? (precision === "auto" || precision === "int8" ? "auto" : asPublished)
