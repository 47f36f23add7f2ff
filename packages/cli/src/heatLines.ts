/** A text whose tokens are shaded by the strength of their strongest feature. */
import type { TraceToken } from "@facet/sdk/words"
import type { Screen } from "./Console.ts"
import { textWidth, visible } from "./textWidth.ts"
import { maximumOf, strengthOf } from "./TraceTable.ts"

/** @param indent spaces before each line */
export function heatLines(
  tokens: ReadonlyArray<TraceToken>,
  { columns, paint }: Pick<Screen, "columns" | "paint">,
  indent = 0,
): ReadonlyArray<string> {
  const maximum = maximumOf(tokens)
  const margin = " ".repeat(indent)
  const lines: Array<string> = []
  let line = ""
  let used = indent
  const breakLine = (): void => {
    lines.push(margin + line)
    line = ""
    used = indent
  }
  for (const entry of tokens) {
    const shown = visible(entry.token, true)
    const width = textWidth(shown)
    if (used + width > columns && line !== "") breakLine()
    // A special token has no features; it is there, but it is not text.
    line += entry.features.length === 0 ? paint.dim(shown) : paint.heat(strengthOf(entry) / maximum, shown)
    used += width
    if (entry.token.includes("\n")) breakLine()
  }
  if (line !== "") breakLine()
  return lines
}
