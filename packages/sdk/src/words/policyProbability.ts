import type { PlattCalibration } from "./Question.ts"

/**
 * The paper's calibration: P = (exp(L(Yes) / T) + a) / (exp(L(Yes) / T) + exp(L(No) / T) + 2 a), L being the log-likelihood of an
 * answer among the two, which leave next to nothing to other tokens. Source: ShieldGemma (arXiv 2407.21772), equation 1; its
 * figures are for T = 1 and a = 0.
 */
export interface PaperCalibration {
  /** T, above 0. Default 1. */
  readonly temperature?: number | undefined
  /** a, 0 or more: with it no probability comes near 0 or 1. Default 0. */
  readonly alpha?: number | undefined
}

/** What makes a policy's probabilities true: the paper's two numbers, or Platt's with a slope above 0. */
export type PolicyCalibration = PaperCalibration | PlattCalibration

export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** log(p / (1 - p)), for p from 0 to 1; within 36, where double precision has nothing between a probability and 1. */
export const logitOf = (probability: number): number =>
  Math.max(-36, Math.min(36, Math.log(probability) - Math.log1p(-probability)))

/**
 * P(violation), from 0 to 1.
 *
 * @param logit of the guard's own P(Yes) in nats: the logit of `Yes` minus that of `No`.
 */
export function policyProbability(logit: number, calibration: PolicyCalibration = {}): number {
  if ("slope" in calibration) return sigmoid(calibration.slope * logit + calibration.offset)
  const { alpha = 0, temperature = 1 } = calibration
  const yes = Math.exp(-softplus(-logit) / temperature)
  const no = Math.exp(-softplus(logit) / temperature)
  return alpha === 0 ? sigmoid(logit / temperature) : (yes + alpha) / (yes + no + 2 * alpha)
}

/** log(1 + exp(z)). */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))
