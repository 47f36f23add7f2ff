/**
 * @example
 * rateText(123.4) // => "123 tokens/s"
 */
export const rateText = (tokensPerSecond: number): string =>
  `${tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : Math.round(tokensPerSecond)} tokens/s`
