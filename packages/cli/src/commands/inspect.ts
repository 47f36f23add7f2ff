/** `facet inspect`: which features light up at which word. */
import { writeFile } from "node:fs/promises"
import { siteNames, traceToHtml } from "@facet/sdk/words"
import { defineCommand } from "../Command.ts"
import { deviceOptions, readDevice } from "../DeviceFlags.ts"
import { interventionOptions, readInterventions, readPlace, scopeFor, scopeOption } from "../InterventionFlags.ts"
import { checkWritable } from "../checkWritable.ts"
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
  html: {
    kind: "text",
    value: "FILE",
    about: "write a page, too, that needs nothing else: of every site, or of the one that is named",
  },
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
      [`inspect "The hungry dog ran home." --html trace.html`, "a page with every site, to be sent to somebody"],
      [`inspect - --json < text.txt`, "one JSON document with the features of each token"],
    ],
  },
  async (console, text, { device, html, json, layer, model, scope, site, prefill, threads, topK, ...flags }) => {
    const wanted = readPlace({ layer, site })
    const interventions = readInterventions(flags)
    if (html !== undefined) await checkWritable("--html", html)
    await using facet = await openFacet(console, {
      ...(model && { model }),
      ...readDevice({ device, prefill, threads }),
      ...scopeFor(scope, wanted, interventions),
    })
    const looking = { ...wanted, ...(topK !== undefined && { topK }), interventions, signal: console.signal }
    const trace = await facet.inspect(text, looking)
    if (html !== undefined) {
      const { interventions: acting, signal } = looking
      const isEvery = layer === undefined && site === undefined
      const every = isEvery
        ? await facet.inspectAll(text, { ...(topK !== undefined && { topK }), interventions: acting, signal })
        : [trace]
      await writeFile(html, traceToHtml(every, { title: shortened(text) }))
    }
    const { out } = console
    if (json === true) {
      await out.writeLine(JSON.stringify({ site: trace.site, layer: trace.layer, tokens: trace.tokens }))
      return 0
    }
    for (const line of traceLines(trace, out)) await out.writeLine(line)
    return 0
  },
)

const longestTitle = 60

/** A text as the title of a page. */
const shortened = (text: string): string =>
  text.length <= longestTitle ? text : `${text.slice(0, longestTitle).toWellFormed()}…`
