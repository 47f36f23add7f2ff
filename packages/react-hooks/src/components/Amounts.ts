/** Counts, sizes and times for people. */

/** A number of things in words, such as `1 token` or `4,000 tokens`. */
export const countOf = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`

const units = ["B", "kB", "MB", "GB", "TB"]

/**
 * @example
 * byteText(52_400_000) // => "52.4 MB"
 */
export function byteText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  const amount = bytes / 1000 ** power
  return `${amount.toFixed(power === 0 || amount >= 100 ? 0 : 1)} ${units[power]}`
}

/** A time that is left, roughly: a forecast to the second would only jump about. */
export function durationText(seconds: number): string {
  if (seconds < 10) return "a few seconds"
  if (seconds < 60) return `${Math.ceil(seconds / 10) * 10} s`
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
