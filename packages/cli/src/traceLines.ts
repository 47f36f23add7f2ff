/** A trace for people: where it was read, each token, and the strongest features. */
import type { Trace } from "@facet/sdk/words"
import type { Screen } from "./Console.ts"
import { heatLines } from "./heatLines.ts"
import { featureLines, strongestFeatures, tokenLines } from "./TraceTable.ts"

const listed = 10

export function traceLines({ layer, site, tokens }: Trace, screen: Screen): ReadonlyArray<string> {
  return [
    screen.paint.dim(`${site}, layer ${layer}`),
    "",
    ...(screen.paint.isOn ? heatLines(tokens, screen) : tokenLines(tokens, screen)),
    "",
    ...featureLines(strongestFeatures(tokens).slice(0, listed), screen),
  ]
}
