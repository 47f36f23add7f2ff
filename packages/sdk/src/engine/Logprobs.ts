/**
 * Probabilities out of logits. Logits are f32; sums are taken in double precision, relative to the largest logit, so
 * that nothing overflows. A logit of -Infinity is a masked token of probability 0.
 */
import { notFinite, type RuntimeError } from "../words/Errors.ts"
import { sigmoid } from "../words/policyProbability.ts"
import { expOfNegative } from "./expOfNegative.ts"

/** What one pass over a row of logits tells. */
export interface Summary {
  /** The id of the largest logit; the lowest id among equals. */
  readonly id: number
  /** The largest logit. */
  readonly max: number
  /** log(sum(exp(logits))). */
  readonly logSumExp: number
}

/**
 * The largest logit and the log of the sum of exponentials, in one pass (Milakov and Gimelshein, "Online normalizer
 * calculation for softmax", 2018).
 *
 * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
 */
export const summarise = (logits: Float32Array): Summary => {
  let id = -1
  let max = -Infinity
  let sum = 0
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!
    if (value === -Infinity) continue
    if (value > max) {
      // While nothing was seen yet, `sum` is 0 and exp(-Infinity) is 0.
      sum = sum * Math.exp(max - value) + 1
      max = value
      id = i
    } else {
      // A NaN ends up here and makes the sum NaN for good.
      sum += expOfNegative(value - max)
    }
  }
  if (id < 0 || Number.isNaN(sum) || max === Infinity) throw unusable(logits)
  return { id, max, logSumExp: max + Math.log(sum) }
}

/**
 * The id of the largest logit, the lowest among equals.
 *
 * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
 */
export const argmax = (logits: Float32Array): number => {
  let id = -1
  let max = -Infinity
  let isNumber = true
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i]!
    if (value > max) {
      max = value
      id = i
    } else if (Number.isNaN(value)) isNumber = false
  }
  if (id < 0 || !isNumber || max === Infinity) throw unusable(logits)
  return id
}

/**
 * The natural logarithm of the probability that softmax gives to a token: at most 0, -Infinity for a masked token.
 *
 * @param logits one row, `[vocabulary]`.
 * @param id an index into it.
 * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
 */
export const logSoftmaxAt = (logits: Float32Array, id: number): number =>
  // Rounding may leave a certain token at +1e-16: a probability is never above 1.
  Math.min(0, (logits[id] ?? -Infinity) - summarise(logits).logSumExp)

/** A token and the natural logarithm of its probability. */
export interface Likely {
  readonly id: number
  readonly logprob: number
}

/**
 * What `logSoftmaxAt` gives for a token, and the likeliest tokens with theirs: the likeliest first, the lowest id among
 * equals, without those that are masked.
 *
 * @param count the most tokens in `top`, few: each one that is taken in moves those behind it.
 * @throws RuntimeError when a logit is NaN or +Infinity, or when all are -Infinity.
 */
export const likeliest = (
  logits: Float32Array,
  id: number,
  count: number,
): { readonly logprob: number; readonly top: ReadonlyArray<Likely> } => {
  const { logSumExp } = summarise(logits)
  const logprobOf = (token: number) => Math.min(0, (logits[token] ?? -Infinity) - logSumExp)
  const top = largest(logits, count).map((token) => ({ id: token, logprob: logprobOf(token) }))
  return { logprob: logprobOf(id), top }
}

/** The ids of the largest logits, in order. */
const largest = (logits: Float32Array, count: number): ReadonlyArray<number> => {
  const ids: Array<number> = []
  if (count === 0) return ids
  let bar = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id]!
    // Among equals the one that is there has the lower id.
    if (value <= bar) continue
    let at = ids.length
    while (at > 0 && logits[ids[at - 1]!]! < value) at--
    ids.splice(at, 0, id)
    if (ids.length > count) ids.pop()
    if (ids.length === count) bar = logits[ids[count - 1]!]!
  }
  return ids
}

/**
 * The probability of `yes` by softmax over two candidates alone, in [0, 1]: the logistic function of their difference,
 * as ShieldGemma's model card scores (Google, 2024).
 *
 * @throws RuntimeError when the difference of the logits is not a number.
 */
export const softmax2 = (yes: number, no: number): number => sigmoid(difference(yes, no))

/**
 * The logit of `yes` among two candidates alone.
 *
 * @throws RuntimeError when it is not a number.
 */
export function difference(yes: number, no: number): number {
  if (Number.isNaN(yes - no)) throw notFinite("Judging", `the candidates' logits are ${yes} and ${no}`)
  return yes - no
}

const unusable = (logits: Float32Array): RuntimeError => {
  const isWrong = (value: number): boolean => Number.isNaN(value) || value === Infinity
  const at = logits.findIndex(isWrong)
  const problem = at < 0 ? "no token has a finite logit" : `the model's logit of token ${at} is ${logits[at]}`
  return notFinite("Sampling", problem)
}
