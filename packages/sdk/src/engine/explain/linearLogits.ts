/**
 * What a vector adds to logits when it is added to the residual stream, all else as it was: its product with the last norm's
 * gain and the head, `(v * gain) @ W_U`. The norm's division, which depends on the stream it is added to, is left out, and so is
 * the soft-cap.
 *
 * Source: Elhage et al., "A Mathematical Framework for Transformer Circuits" (2021), direct logit attribution.
 */
import type { ModelConfig } from "../../graph/ModelConfig.ts"

/** What the norm divides a vector by. */
export function rootMeanSquare(vector: Float32Array, epsilon: number): number {
  let sum = 0
  for (const value of vector) sum += value * value
  return Math.sqrt(sum / vector.length + epsilon)
}

/**
 * @param logits what the model's head makes of the vector alone, normed and capped.
 */
export function linearLogits(
  { finalLogitSoftcap: cap, rmsNormEps }: Pick<ModelConfig, "finalLogitSoftcap" | "rmsNormEps">,
  vector: Float32Array,
  logits: Float32Array,
): Float32Array {
  const scale = rootMeanSquare(vector, rmsNormEps)
  return logits.map(
    (logit) => scale * (cap === null ? logit : cap * Math.atanh(Math.max(-most, Math.min(most, logit / cap)))),
  )
}

/** A logit at its very cap tells no more than that it is beyond what float32 can say of it. */
const most = 1 - 2 ** -24
