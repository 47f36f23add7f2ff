/** What a probe reads of a text. */
import type { ProbeFrame } from "./Probe.ts"
import type { Asking, ModelRef } from "./Request.ts"

export interface FeaturesRequest extends Asking {
  readonly model: ModelRef
  readonly text: string
  /** Default `raw`: `<bos>`, and the text. */
  readonly frame?: ProbeFrame | undefined
  /** In a chat: whose text it is. Default `prompt`, the user's. */
  readonly side?: "prompt" | "response" | undefined
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
