/** What a model was thinking: the sparse features that were active at each token. */
import { checkFlag, checkKnown, checkNumber } from "./Checks.ts"
import type { Intervention } from "./Intervention.ts"
import type { SiteName } from "./Site.ts"

/** A feature of a sparse autoencoder at one token. */
export interface Feature {
  readonly index: number
  /** Above the feature's threshold, hence positive. */
  readonly activation: number
  /** What the feature stands for, where somebody found out. */
  readonly label?: string
}

export interface TraceToken {
  /** The token's text; a byte of a character that has no token of its own as `<0xE6>`. */
  readonly token: string
  readonly id: number
  /** The strongest features, strongest first. `<bos>` has none: autoencoders were not trained on it. */
  readonly features: ReadonlyArray<Feature>
}

export interface Trace {
  readonly site: SiteName
  readonly layer: number
  readonly tokens: ReadonlyArray<TraceToken>
  /** The site's tensor itself, `[tokens, width]` row by row, when `activations: true` was asked for. */
  readonly activations?: Float32Array<ArrayBuffer>
}

/** Features of a generation's tokens. */
export interface TraceOptions {
  /** From 0. Default: where most features have a label; where none has, the latest layer that has an autoencoder. */
  readonly layer?: number | undefined
  /** `resid_post`, `attn_z`, `mlp_out`, `mlp_in_norm` or `mlp_in`, or TransformerLens' name of it. Default: as for the layer; without features, `resid_post`. */
  readonly site?: string | undefined
  /** Features a token, strongest first. Default 5. */
  readonly topK?: number | undefined
}

export interface InspectOptions extends TraceOptions {
  /** Features a token, strongest first. Default 5. 0 leaves the features out, and needs no autoencoder. */
  readonly topK?: number | undefined
  /** Whether the trace carries the site's tensor itself. */
  readonly activations?: boolean | undefined
  /** In force while the text is read; a trace of a site where one acts reads what was made of it. */
  readonly interventions?: ReadonlyArray<Intervention> | undefined
}

/** How a text is inspected everywhere at once. */
export interface InspectAllOptions extends Pick<InspectOptions, "interventions"> {
  /** Features a token and site, strongest first. Default 5. */
  readonly topK?: number | undefined
}

/** @throws InvalidRequestError that names the option. */
export function checkInspectAllOptions(options: InspectAllOptions): void {
  checkKnown(options, ["topK", "interventions"])
  if (options.topK !== undefined) checkNumber("topK", options.topK, { ...features, min: 1 })
}

export const traceOptionNames = ["layer", "site", "topK"] as const satisfies ReadonlyArray<keyof TraceOptions>

const features = { max: Number.MAX_SAFE_INTEGER, integer: true } as const

/** @throws InvalidRequestError that names the option. */
export function checkInspectOptions(options: InspectOptions): void {
  checkKnown(options, [...traceOptionNames, "activations", "interventions"])
  if (options.topK !== undefined) checkNumber("topK", options.topK, { ...features, min: 0 })
  checkFlag("activations", options.activations)
}

/** @throws InvalidRequestError that names the option, below `path`. */
export function checkTraceOptions(options: TraceOptions, path: string): void {
  checkKnown(options, traceOptionNames, path)
  if (options.topK !== undefined) checkNumber(`${path}.topK`, options.topK, { ...features, min: 1 })
}
