/** `facet inspect`: which features light up at which word. */
import { siteNames } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { interventionOptions, readInterventions, scopeFor, scopeOption } from "../InterventionFlags.ts"
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
  scope: { ...scopeOption.scope, about: `${scopeOption.scope.about} (--layer and --site then say where it belongs)` },
  topK: { kind: "number", flag: "top", value: "K", about: "features a token, strongest first (default 5)" },
  ...interventionOptions,
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
      [`inspect "The hungry dog ran home." --clamp resid_post.2.143=40`, "what the layers behind make of a change"],
      [`inspect - --json < text.txt`, "one JSON document with the features of each token"],
    ],
  },
  async (console, text, { device, json, layer, model, scope, site, prefill, threads, topK, ...flags }) => {
    const wanted = { ...(layer !== undefined && { layer }), ...(site !== undefined && { site }) }
    const interventions = readInterventions(flags)
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...readDevice({ device, prefill, threads }),
      ...scopeFor(scope, { layer, site: siteNames.find((name) => name === site) }, interventions),
    })
    const looking = { ...wanted, ...(topK !== undefined && { topK }), interventions, signal: console.signal }
    const trace = await facet.inspect(text, looking)
    const { out } = console
    if (json === true) {
      await out.writeLine(JSON.stringify({ site: trace.site, layer: trace.layer, tokens: trace.tokens }))
      return 0
    }
    for (const line of traceLines(trace, out)) await out.writeLine(line)
    return 0
  },
)
