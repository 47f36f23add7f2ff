/** `facet scope show`. */
import { byteCount } from "@facet/sdk/words"
import { table } from "../table.ts"
import { namedSae, type ScopeAction } from "./ScopeAction.ts"

export const showOne: ScopeAction = async (console, name, values) => {
  const { saeHere, widthName } = await import("@facet/sdk/models")
  const sae = await namedSae(name, values)
  const path = await saeHere(sae)
  const { out } = console
  if (values.json === true) {
    await out.writeLine(JSON.stringify({ ...sae, path }))
    return 0
  }
  const rows = [
    ["trained on", sae.trained],
    ["reads", `${sae.site}, layer ${sae.layer}`],
    ...(sae.writes === undefined ? [] : [["writes", sae.writes]]),
    ["features", `${widthName(sae.width)}, ${sae.averageL0} active at a token on average`],
    ["size", byteCount(sae.bytes)],
    ...sae.saeLensIds.map(([release, id], i) => [i === 0 ? "SAELens" : "", `${release}, ${id}`]),
    ["Neuronpedia", sae.neuronpedia ?? "none by its rule"],
    ["on the Hub", `${sae.repository}/${sae.file}`],
    ["on this machine", path ?? "no"],
    ...(sae.unread === undefined ? [] : [["not read", sae.unread]]),
  ]
  for (const line of table(rows)) await out.writeLine(line)
  return 0
}
