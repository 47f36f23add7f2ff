/** The third effect: which features light up at which word. */
import { heatLines } from "../heatLines.ts"
import { featureLines, strongestFeatures, tokenLines } from "../TraceTable.ts"
import { indent, type Stage, writeTitle } from "./Stage.ts"

const sentence = "The hungry dog ran home and ate the warm bread."
const listed = 8

export async function showFeatures({ facet, screen, signal }: Stage): Promise<void> {
  const { isTerminal, paint } = screen
  await writeTitle(screen, "4 Gemma Scope looks inside", 'inspect(text, { site: "mlp_out" })')
  const { tokens } = await facet.inspect(sentence, { site: "mlp_out", signal })
  const text = tokens.filter(({ features }) => features.length > 0)
  const narrow = { paint, isTerminal, columns: Math.min(screen.columns, 80) - indent.length }
  if (!paint.isOn) {
    for (const line of tokenLines(text, narrow)) await screen.writeLine(indent + line)
    return
  }
  for (const line of heatLines(text, narrow)) await screen.writeLine(indent + line)
  await screen.writeLine()
  for (const line of featureLines(strongestFeatures(text).slice(0, listed), narrow))
    await screen.writeLine(indent + line)
}
