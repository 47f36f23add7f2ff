/** What a model would say if it stopped at a layer, and what a feature makes it say. */
import { checkKnown, checkNumber, checkWhole } from "./Checks.ts"
import { invalidRequest } from "./Errors.ts"
import type { Intervention } from "./Intervention.ts"
import type { SiteName } from "./Site.ts"
import type { TokenAlternative } from "./TokenLogprob.ts"

export interface LensOptions {
  /** From 0. Default: all. */
  readonly layers?: ReadonlyArray<number> | undefined
  /** Tokens at each place, likeliest first, from 1 to 20. Default 3. */
  readonly topK?: number | undefined
  /** In force while the text is read. */
  readonly interventions?: ReadonlyArray<Intervention> | undefined
}

export interface LensLayer {
  readonly layer: number
  /** For each token of the text those that would follow it, likeliest first. */
  readonly next: ReadonlyArray<ReadonlyArray<TokenAlternative>>
}

export interface Lens {
  readonly tokens: ReadonlyArray<{ readonly token: string; readonly id: number }>
  readonly layers: ReadonlyArray<LensLayer>
}

export interface FeatureLogitsOptions {
  /** Indices in the autoencoder's decoder. */
  readonly features: ReadonlyArray<number>
  /** Which autoencoder, as for `inspect`: one that writes to the residual stream, `resid_post` or `mlp_out`. */
  readonly layer?: number | undefined
  readonly site?: string | undefined
  /** Tokens of either list, from 1 to 20. Default 10. */
  readonly topK?: number | undefined
}

/** A token, and what a feature at an activation of 1 adds to its logit. */
export interface TokenEffect {
  readonly token: string
  readonly id: number
  readonly effect: number
}

/** What a feature makes a model say by itself, past all layers behind it. */
export interface FeatureLogits {
  readonly site: SiteName
  readonly layer: number
  readonly features: ReadonlyArray<{
    readonly index: number
    readonly label?: string
    /** The tokens that it makes likelier, and those that it makes less likely, the strongest effect first. */
    readonly promoted: ReadonlyArray<TokenEffect>
    readonly suppressed: ReadonlyArray<TokenEffect>
  }>
}

const count = { min: 1, max: 20, integer: true } as const

/** @throws InvalidRequestError that names the option. */
export function checkLensOptions(options: LensOptions): void {
  checkKnown(options, ["layers", "topK", "interventions"])
  if (options.topK !== undefined) checkNumber("topK", options.topK, count)
  if (options.layers !== undefined) checkIndices("layers", options.layers)
}

/** @throws InvalidRequestError that names the option. */
export function checkFeatureLogitsOptions(options: FeatureLogitsOptions): void {
  checkKnown(options, ["features", "layer", "site", "topK"])
  if (options.topK !== undefined) checkNumber("topK", options.topK, count)
  checkIndices("features", options.features)
}

function checkIndices(option: string, list: unknown): void {
  if (!Array.isArray(list) || list.length === 0) {
    throw invalidRequest(option, "it is no list of whole numbers", "Name at least one, from 0 on.")
  }
  for (const [i, one] of list.entries()) {
    checkWhole(`${option}[${i}]`, one)
    if (one === undefined) throw invalidRequest(`${option}[${i}]`, "it is no whole number", "Use one from 0 on.")
  }
}
