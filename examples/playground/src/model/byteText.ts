/**
 * @example
 * byteText(29_600_000) // => "30 MB"
 */
export function byteText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"]
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  const amount = bytes / 1000 ** power
  return `${amount.toFixed(amount < 10 && power > 0 ? 1 : 0)} ${units[power]}`
}
