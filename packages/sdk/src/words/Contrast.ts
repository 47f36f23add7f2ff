/** What tells two kinds of texts apart in a model's inside, as vectors to steer along. */
import type { RowPositions } from "./Request.ts"
import type { SiteName } from "./Site.ts"

/** Two texts that differ in what the vector is to mean, and in little else. */
export interface ContrastPair {
  readonly positive: string
  readonly negative: string
}

export interface ContrastOptions {
  /** From 0; a vector for each. */
  readonly layers: ReadonlyArray<number>
  /** `resid_post` (default), `attn_z`, `mlp_out`, `mlp_in_norm` or `mlp_in`, or TransformerLens' name of it. */
  readonly site?: string | undefined
  /** What of a text is read: its last token (default), or the mean over all tokens but `<bos>`. */
  readonly positions?: "last" | "mean" | undefined
}

/** A direction at a site; with `type: "steer"` and a strength it is an intervention. */
export interface ContrastVector {
  readonly site: SiteName
  readonly layer: number
  /** As wide as the site, and as long as the texts differ on average. */
  readonly vector: Float32Array<ArrayBuffer>
}

/** What is read of each text. */
export interface ReadContrast {
  readonly layers: ReadonlyArray<number>
  readonly site: SiteName
  readonly positions: RowPositions
}
