import { UsageError } from "./UsageError.ts"

const units: Readonly<Record<string, number>> = {
  "": 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/**
 * Bytes, of a number with a unit or without: `6GB` is six thousand million, `6GiB` six times 2^30.
 *
 * @throws UsageError that names the option
 */
export function readSize(flag: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?b)?$/i.exec(text.trim()) ?? []
  const bytes = Number(number) * (units[unit.toLowerCase()] ?? Number.NaN)
  if (number !== "" && bytes >= 1) return Math.floor(bytes)
  throw new UsageError(`--${flag} takes a size such as 512MB, 6GB or 6GiB, not ${JSON.stringify(text)}`)
}
