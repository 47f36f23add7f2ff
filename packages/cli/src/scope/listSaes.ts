/** `facet scope list`. */
import { byteCount } from "@facet/sdk/words"
import type { PublishedSae } from "@facet/sdk/models"
import { readPlace } from "../InterventionFlags.ts"
import { table } from "../table.ts"
import { nameOf, type ScopeAction, type ScopeValues } from "./ScopeAction.ts"

export const listSaes: ScopeAction = async (console, name, values) => {
  const { out } = console
  const { catalogue, storedSaes } = await import("@facet/sdk/models")
  const here = new Map((await storedSaes()).map(({ path, sae }) => [sae, path]))
  const fits = await fitting(name, values)
  const listed = (values.here === true ? [...here.keys()] : catalogue()).filter(fits)
  const isNarrowed = name !== undefined || values.model !== undefined || values.here === true
  if (values.json === true) {
    await out.writeLine(JSON.stringify(listed.map((sae) => ({ ...sae, path: here.get(sae) }))))
    return 0
  }
  if (listed.length === 0) {
    await console.err.writeLine("There is none of these.")
    return 0
  }
  const rows = isNarrowed ? saeRows(listed, here) : releaseRows(listed)
  for (const line of table(rows)) await out.writeLine(line)
  if (!isNarrowed) await out.writeLine(out.paint.dim("Name a release, or a model with --model, for its autoencoders."))
  return 0
}

async function fitting(name: string | undefined, values: ScopeValues): Promise<(sae: PublishedSae) => boolean> {
  const { findSae, readScopeName, widthName } = await import("@facet/sdk/models")
  const { l0, model, width } = values
  const { layer, site } = values.site === "embedding" ? { layer: values.layer, site: values.site } : readPlace(values)
  // Says what there is where there is nothing for the model.
  const trained = model === undefined ? undefined : findSae({}, { id: model }).trained.replace(/-(?:it|pt)$/, "")
  const named = name === undefined ? undefined : readScopeName(name, model === undefined ? {} : { id: model })
  return (sae) =>
    (named === undefined || (named.kind === "sae" ? named.sae === sae : isOfRelease(sae, named.release))) &&
    (trained === undefined || sae.trained.replace(/-(?:it|pt)$/, "") === trained) &&
    (layer === undefined || sae.layer === layer) &&
    (site === undefined || sae.site === site) &&
    (width === undefined || widthName(sae.width) === width || String(sae.width) === width) &&
    (l0 === undefined || sae.averageL0 === l0)
}

const isOfRelease = (sae: PublishedSae, release: string): boolean =>
  sae.release === release || sae.saeLensIds.some(([own]) => own === release) || sae.repository === `google/${release}`

function saeRows(listed: ReadonlyArray<PublishedSae>, here: ReadonlyMap<PublishedSae, string>) {
  const rows = listed.map((sae) => [
    nameOf(sae),
    sae.neuronpedia ?? "",
    `L0 ${sae.averageL0}`,
    byteCount(sae.bytes),
    sae.unread !== undefined ? "not read" : here.has(sae) ? "here" : "",
  ])
  return [["name", "Neuronpedia", "", "", ""], ...rows]
}

function releaseRows(listed: ReadonlyArray<PublishedSae>): ReadonlyArray<ReadonlyArray<string>> {
  const releases = Map.groupBy(listed, ({ release }) => release)
  const rows = [...releases].map(([release, all]) => {
    const layers = all.map(({ layer }) => layer)
    const sizes = all.map(({ bytes }) => bytes)
    return [
      release,
      all[0]?.trained ?? "",
      all.find(({ site }) => site !== "embedding")?.site ?? "",
      `${new Set(layers).size} layers`,
      `${all.length}`,
      `${byteCount(Math.min(...sizes))} to ${byteCount(Math.max(...sizes))}`,
    ]
  })
  return [["release", "of", "site", "", "how many", "each"], ...rows]
}
