/** What a model was thinking: the sparse features that were active at each token. */
import * as Schema from "effect/Schema"
import { siteNames } from "./graph/Sites.ts"
import { Float32 } from "./Transfer.ts"

/** A feature of a sparse autoencoder at one token. */
export const Feature = Schema.Struct({
  index: Schema.Int,
  /** Above the feature's threshold, hence positive. */
  activation: Schema.Finite,
  /** What the feature stands for, where somebody found out. */
  label: Schema.optionalKey(Schema.String),
})
export type Feature = typeof Feature.Type

export const TraceToken = Schema.Struct({
  /** The token's text; a byte of a character that has no token of its own as `<0xE6>`. */
  token: Schema.String,
  id: Schema.Int,
  /** The strongest features, strongest first. `<bos>` has none: autoencoders were not trained on it. */
  features: Schema.Array(Feature),
})
export type TraceToken = typeof TraceToken.Type

export const Trace = Schema.Struct({
  site: Schema.Literals(siteNames),
  layer: Schema.Int,
  tokens: Schema.Array(TraceToken),
  /** The site's tensor itself, `[tokens, width]` row by row, when `activations: true` was asked for. */
  activations: Schema.optionalKey(Float32),
})
export type Trace = typeof Trace.Type
