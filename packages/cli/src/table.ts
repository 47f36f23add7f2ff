import { padEnd, textWidth } from "./textWidth.ts"

/** Rows in columns as wide as their widest cell; a line ends without blanks. */
export function table(rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => textWidth(row[i] ?? ""))))
  return rows.map((row) =>
    row
      .map((cell, i) => padEnd(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  )
}
