/** `facet scope labels`. */
import { UsageError } from "../UsageError.ts"
import { bar } from "../bar.ts"
import { nameOf, namedSae, type ScopeAction } from "./ScopeAction.ts"

export const pullSourceLabels: ScopeAction = async (console, name, values) => {
  const { pullLabels, readSource } = await import("@facet/sdk/models")
  const sae = await namedSae(name, values)
  if (sae.neuronpedia === undefined) throw new UsageError(`Neuronpedia has no labels of ${nameOf(sae)}`)
  const { err, out } = console
  const { labels, path } = await pullLabels(readSource(sae.neuronpedia), sae.width, {
    signal: console.signal,
    onBatch: (done, expected) => {
      if (err.isTerminal) void err.write(`\r\u001b[K${bar(done / expected, 20)} batch ${done} of ${expected}`)
    },
  })
  if (err.isTerminal) await err.write("\r\u001b[K")
  if (values.json === true)
    await out.writeLine(JSON.stringify({ source: sae.neuronpedia, path, labels, features: sae.width }))
  else await out.writeLine(`${labels} of ${sae.width} features have a label: ${path}`)
  return 0
}
