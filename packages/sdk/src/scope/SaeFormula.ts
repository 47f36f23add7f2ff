/**
 * What an autoencoder computes, beside its arrays, and the JumpReLU that it comes to: what encodes, and what reads a single
 * feature in the middle of a model, knows that one formula, `f = pre > threshold ? relu(pre) : 0`.
 *
 * A gated autoencoder opens its gate where `s + b_gate > 0` and gives `relu(s * e^r_mag + b_mag)`. Since `e^r_mag` is positive,
 * the gate is open where that sum is above `b_mag - e^r_mag * b_gate`: a JumpReLU (arXiv 2407.14435, appendix).
 */
import type { Normalisation } from "../words/Normalisation.ts"

export interface SaeFormula {
  readonly activation: "jumprelu" | "relu" | "gated" | "topk"
  /** Of `topk`: the most features a token. */
  readonly k?: number | undefined
  /** Of `topk`: features are chosen, and counted, in the length of their decoder rows. */
  readonly isInDecoderNorms: boolean
  /** Whether `b_dec` is taken off what is encoded. */
  readonly subtractsDecoderBias: boolean
  readonly normalisation: Normalisation
  /** Whether the input is added to what is decoded, by a matrix of its own: `x @ W_skip`. */
  readonly isAffine: boolean
}

/** Gemma Scope's, and whatever says nothing else. */
export const jumpRelu: SaeFormula = {
  activation: "jumprelu",
  isInDecoderNorms: false,
  subtractsDecoderBias: false,
  normalisation: "none",
  isAffine: false,
}

/** Names of the parameters of single features, by activation. */
export const featureArrays = {
  jumprelu: ["b_enc", "threshold"],
  relu: ["b_enc"],
  topk: ["b_enc"],
  gated: ["b_gate", "b_mag", "r_mag"],
} as const satisfies Readonly<Record<SaeFormula["activation"], ReadonlyArray<string>>>

export type FeatureArrayName = (typeof featureArrays)[SaeFormula["activation"]][number]

/** A feature's own parameters, and all features' alike: each list is `[width]`. */
export type FeatureParameters = Readonly<Partial<Record<FeatureArrayName, Float32Array>>>

/** The same as a JumpReLU has them. */
export interface JumpParameters {
  /** What a column of the encoder is multiplied by; left out: 1. */
  readonly scale?: Float32Array
  readonly bias: Float32Array
  /** At least 0, as what passes is never negative. */
  readonly threshold: Float32Array
}

/** Turns parameters of any activation into a JumpReLU's. Of `topk` the choice among features is left to do. */
export function asJumpRelu({ activation }: SaeFormula, parameters: FeatureParameters): JumpParameters {
  if (activation === "gated") {
    const { b_gate, b_mag, r_mag } = { ...parameters }
    const [gate, bias, log] = [needed(b_gate), needed(b_mag), needed(r_mag)]
    const scale = log.map(Math.exp)
    return { scale, bias, threshold: bias.map((value, i) => Math.max(0, value - scale[i]! * gate[i]!)) }
  }
  const bias = needed(parameters.b_enc)
  if (activation !== "jumprelu") return { bias, threshold: new Float32Array(bias.length) }
  return { bias, threshold: needed(parameters.threshold).map((value) => Math.max(0, value)) }
}

function needed(values: Float32Array | undefined): Float32Array {
  if (values === undefined) throw new Error("a parameter of the autoencoder was not read")
  return values
}
