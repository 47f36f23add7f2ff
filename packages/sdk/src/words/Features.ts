/** What a probe reads of a text. */
import type { Asking, ModelRef } from "./Request.ts"

export interface FeaturesRequest extends Asking {
  readonly model: ModelRef
  /** Taken raw, `<bos>` first. */
  readonly text: string
  /** From 0. Default: all. */
  readonly layers?: ReadonlyArray<number> | undefined
}

/** The residual stream after some layers (`resid_post`), pooled over a text's tokens; `<bos>` is not among them. */
export interface Features {
  /** The fingerprint of the model that was run: see `Probe`. */
  readonly model: string
  /** Tokens that were pooled. */
  readonly tokens: number
  /** Of the residual stream. */
  readonly width: number
  readonly layers: ReadonlyArray<number>
  /** `[layers, 2, width]`: of each layer the mean, then the largest of each column. */
  readonly values: Float32Array<ArrayBuffer>
}
