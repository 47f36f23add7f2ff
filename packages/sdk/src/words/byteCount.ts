/** Amounts of bytes for people. */

const units = ["bytes", "kB", "MB", "GB", "TB"]

/** In decimal units, as browsers and hosts show them: `2.6 GB`. */
export function byteCount(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`
}
