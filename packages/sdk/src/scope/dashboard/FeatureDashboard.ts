/** What is known of features from texts: where they fire, how strongly, and what they write. */
import type { SiteName } from "../../words/Site.ts"

/** Tokens of a text around the strongest activation of a feature in it. */
export interface ActivationSpan {
  readonly tokens: ReadonlyArray<string>
  /** Of each of the tokens, the feature's activation: 0 where it is silent. */
  readonly values: ReadonlyArray<number>
  /** The strongest, and where it is among the tokens. */
  readonly max: number
  readonly maxIndex: number
  /** Which of the texts, from 0. */
  readonly text: number
}

/** A token, and what a feature at an activation of 1 adds to its logit. */
export interface LogitEffect {
  readonly token: string
  readonly effect: number
}

export interface FeatureDashboard {
  readonly index: number
  readonly label?: string
  /** The share of tokens at which it is active, `<bos>` left out. */
  readonly density: number
  /** The strongest activation, and the mean of those above zero. */
  readonly max: number
  readonly mean: number
  /** How often activations above zero lie in each of as many equal intervals from 0 to `to`. */
  readonly histogram: { readonly to: number; readonly counts: ReadonlyArray<number> }
  /** The strongest first, one of a text. */
  readonly spans: ReadonlyArray<ActivationSpan>
  /** Features that are active at the same tokens: the correlation (phi) of being active, the closest first. */
  readonly neighbours: ReadonlyArray<{ readonly index: number; readonly correlation: number }>
  /** The tokens that it makes likelier and less likely, the strongest first; left out where nobody computed them. */
  readonly promoted?: ReadonlyArray<LogitEffect>
  readonly suppressed?: ReadonlyArray<LogitEffect>
}

/** The dashboards of one autoencoder over some texts. */
export interface DashboardReport {
  /** As the model was opened. */
  readonly model: string
  readonly site: SiteName
  readonly layer: number
  /** Neuronpedia's word for the set of autoencoders, such as `gemmascope-res-16k`, where it is known. */
  readonly set?: string
  /** Where the texts came from, in words. */
  readonly dataset?: string
  readonly texts: number
  /** Tokens that were looked at, `<bos>` left out. */
  readonly tokens: number
  /** What `promoted` and `suppressed` are: the decoder's row through the output head, with the last norm's gain folded in. */
  readonly logits?: "W_dec * (1 + gain) @ W_U"
  readonly features: ReadonlyArray<FeatureDashboard>
}
