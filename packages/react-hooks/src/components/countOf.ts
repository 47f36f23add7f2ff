/** A number of things in words, such as `1 token` or `4,000 tokens`. */
export const countOf = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`
