/** `facet inspect`: which features light up at which word. */
import type { OpenOptions } from "@facet/sdk"
import { siteNames } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { openFacet } from "../Opening.ts"
import { jsonOption, modelOption } from "../Options.ts"
import { traceLines } from "../traceLines.ts"

const options = {
  layer: {
    kind: "number",
    value: "L",
    about: "the layer to read, from 0 (default: where most features have a label)",
  },
  site: { kind: "text", value: "S", about: `${siteNames.join(", ")} (default: as for the layer)` },
  scope: {
    kind: "text",
    value: "DIR",
    about: "a Gemma Scope folder, or one params.npz (--layer and --site then say where it belongs)",
  },
  topK: { kind: "number", flag: "top", value: "K", about: "features a token, strongest first (default 5)" },
  ...modelOption,
  ...deviceOptions,
  ...jsonOption,
} as const

export const inspect = defineCommand(
  {
    name: "inspect",
    operand: "TEXT",
    summary: "let Gemma Scope show which features light up at each token",
    options,
    examples: [
      [`inspect "The hungry dog ran home."`, "a heat map, and the strongest features"],
      [`inspect "The hungry dog ran home." --site mlp_out --top 3`, "at another place in the model"],
      [`inspect - --json < text.txt`, "one JSON document with the features of each token"],
    ],
  },
  async (console, text, { device, json, layer, model, scope, site, threads, topK }) => {
    const wanted = { ...(layer !== undefined && { layer }), ...(site !== undefined && { site }) }
    const place = placeOf(scope, layer, site)
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...readDevice({ device, threads }),
      ...place,
    })
    const trace = await facet.inspect(text, { ...wanted, ...(topK !== undefined && { topK }), signal: console.signal })
    const { out } = console
    if (json === true) {
      await out.writeLine(JSON.stringify({ site: trace.site, layer: trace.layer, tokens: trace.tokens }))
      return 0
    }
    for (const line of traceLines(trace, out)) await out.writeLine(line)
    return 0
  },
)

/** A folder's paths say where its autoencoders belong; of a single file the command line may say it. */
function placeOf(
  scope: string | undefined,
  layer: number | undefined,
  site: string | undefined,
): Pick<OpenOptions, "scope" | "layer" | "site"> {
  if (scope === undefined) return {}
  if (!scope.endsWith(".npz")) return { scope }
  const known = siteNames.find((name) => name === site)
  return { scope, ...(layer !== undefined && { layer }), ...(known !== undefined && { site: known }) }
}
