/**
 * How far a distribution is from an even one: 0 where all is alike, 1 where one option has everything, and in between in
 * proportion to the largest probability. What the servers of `/v1/systemone` tell as `confidence`.
 *
 * @example
 * confidenceOf([0.5, 0.25, 0.25]) // => 0.25
 */
export const confidenceOf = (probabilities: ReadonlyArray<number>): number => {
  const count = probabilities.length
  return Math.min(1, Math.max(0, (count * Math.max(...probabilities) - 1) / (count - 1)))
}
