/** P(Yes) out of log-probabilities, of which a server may tell only the likeliest. */

/** Log-probabilities in nats under one normaliser, the server's. */
export interface ToldAnswers {
  /** Undefined where it is not among those that were told. */
  readonly yes: number | undefined
  readonly no: number | undefined
  /** All that were told. */
  readonly listed: ReadonlyArray<number>
}

/** The least and the greatest logit of P(Yes) that fit: equal where both answers were told. */
export interface LogitBounds {
  readonly min: number
  readonly max: number
}

/**
 * The logit of P(Yes) is the difference of both log-probabilities, whatever normalises them. An answer that is not told is at
 * most as likely as the least likely one that is, and as what they leave over.
 *
 * @example
 * answerBounds({ yes: Math.log(0.6), no: Math.log(0.2), listed: [] }) // => both log(3)
 */
export function answerBounds({ listed, no, yes }: ToldAnswers): LogitBounds {
  if (yes !== undefined && no !== undefined) return { min: yes - no, max: yes - no }
  const left = Math.max(0, 1 - listed.reduce((sum, logprob) => sum + Math.exp(logprob), 0))
  const most = Math.min(Math.min(...listed), Math.log(left + rounding))
  if (yes !== undefined) return { min: yes - most, max: Infinity }
  if (no !== undefined) return { min: -Infinity, max: most - no }
  return { min: -Infinity, max: Infinity }
}

/** Of sums of probabilities that were told in single precision. */
const rounding = 1e-5
