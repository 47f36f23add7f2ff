/** `facet scope search`: features by their labels, or by texts on which they fire. */
import { featuresByExample, searchLabels, type Trace } from "@facet/sdk"
import type { Console } from "../Console.ts"
import { readPlace } from "../InterventionFlags.ts"
import { table } from "../table.ts"
import { UsageError } from "../UsageError.ts"
import { openScopeFacet } from "./openScopeFacet.ts"
import { readTexts } from "./readTexts.ts"
import type { ScopeAction, ScopeValues } from "./ScopeAction.ts"
import { toldOfCut, traceBeginning } from "./traceBeginning.ts"

export const searchFeatures: ScopeAction = async (console, words, values) => {
  if (words !== undefined && words.trim() !== "") return byLabel(console, words, values)
  const { off, on } = values
  if (on !== undefined && off !== undefined) return byExample(console, { on, off }, values)
  throw new UsageError(
    "give words to look for in labels, or --on FILE and --off FILE: texts on which it fires, and does not",
  )
}

async function byLabel({ err, out, signal }: Console, words: string, values: ScopeValues): Promise<0> {
  const { resolveScope, scopeLabels } = await import("@facet/sdk/models")
  const { json, model, scope } = values
  const place = readPlace(values)
  const shown = most(values)
  const path =
    scope === undefined && (model === undefined || model === "tiny")
      ? undefined
      : await resolveScope(scope ?? place, { id: model ?? "", path: model ?? "" }, { download: "never", signal })
  const found = await scopeLabels(path, place)
  const hits = searchLabels(found.labels, words, shown)
  if (json === true) {
    await out.writeLine(JSON.stringify({ site: found.site, layer: found.layer, labels: found.labels.size, hits }))
    return 0
  }
  if (found.labels.size === 0) {
    throw new UsageError(
      `no feature of ${found.site} at layer ${found.layer} has a label: \`facet scope labels\` fetches them`,
    )
  }
  for (const line of table(hits.map(({ index, label }) => [`${found.site}.${found.layer}.${index}`, label]))) {
    await out.writeLine(line)
  }
  if (hits.length === 0) await err.writeLine(`None of ${found.labels.size} labels has all of these words.`)
  return 0
}

/** How many features are shown. */
function most({ top = 20 }: ScopeValues): number {
  if (Number.isInteger(top) && top >= 1) return top
  throw new UsageError(`--top takes a whole number of at least 1, not ${top}`)
}

async function byExample(
  console: Console,
  files: { readonly on: string; readonly off: string },
  values: ScopeValues,
): Promise<0> {
  const shown = most(values)
  await using opened = await openScopeFacet(console, values)
  let cut = 0
  const read = async (path: string): Promise<ReadonlyArray<Trace>> => {
    const traces: Array<Trace> = []
    for await (const text of readTexts(path)) {
      const { isCut, trace } = await traceBeginning(opened, text)
      traces.push(trace)
      if (isCut) cut++
    }
    return traces
  }
  const [on, off] = [await read(files.on), await read(files.off)]
  for (const line of toldOfCut(cut)) await console.err.writeLine(line)
  const hits = featuresByExample(on, off, { most: shown })
  const [first] = on
  const { out } = console
  if (values.json === true) {
    await out.writeLine(JSON.stringify({ site: first?.site, layer: first?.layer, hits }))
    return 0
  }
  const rows = hits.map(({ effect, index, label = "", off: less, on: more, pValue }) => [
    `${first?.site}.${first?.layer}.${index}`,
    `${more.toFixed(2)} for ${less.toFixed(2)}`,
    effect > 1e6 ? "always" : `d ${effect.toFixed(2)}`,
    `p ${pValue.toPrecision(2)}`,
    label,
  ])
  for (const line of table(rows)) await out.writeLine(line)
  if (rows.length === 0)
    await console.err.writeLine("No feature tells these texts apart for certain; give more of them.")
  return 0
}
