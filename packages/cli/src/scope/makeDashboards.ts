/** `facet scope dashboard`: what features are, by the texts of a corpus; may be interrupted and gone on with. */
import { readFile, rename, rm, writeFile } from "node:fs/promises"
import {
  Dashboards,
  type DashboardReport,
  type Facet,
  type FeatureDashboard,
  type LogitEffect,
  type SiteName,
} from "@facet/sdk"
import { bar } from "../bar.ts"
import type { Console } from "../Console.ts"
import { UsageError } from "../UsageError.ts"
import { openScopeFacet } from "./openScopeFacet.ts"
import { readTexts } from "./readTexts.ts"
import type { ScopeAction } from "./ScopeAction.ts"

/** Texts between two savings of what was collected. */
const betweenSavings = 25

export const makeDashboards: ScopeAction = async (console, corpus, values) => {
  if (corpus === undefined) throw new UsageError("name a corpus: a text a line, or a .jsonl of rows with a text")
  const { out: target, texts: most = Infinity } = values
  if (target === undefined) throw new UsageError("--out FILE is missing: where the dashboards are written")
  const format = formatOf(values.format)
  const key = JSON.stringify([corpus, values.model, values.scope, values.layer, values.site, values.features])
  const saved = new SavedDashboards(`${target}.part`, key)
  const dashboards = (await saved.read()) ?? new Dashboards({ features: featuresOf(values.features) })
  if (dashboards.texts > 0) await console.err.writeLine(`Going on behind ${dashboards.texts} texts.`)
  const total = await countTexts(corpus, most)
  await using opened = await openScopeFacet(console, values)
  const { facet, looking } = opened
  let place: { readonly site: SiteName; readonly layer: number } | undefined
  let number = 0
  try {
    for await (const text of readTexts(corpus)) {
      if (number++ < dashboards.texts) continue
      if (number > most) break
      const trace = await facet.inspect(text, looking)
      place = { site: trace.site, layer: trace.layer }
      dashboards.add(trace)
      if (dashboards.texts % betweenSavings === 0) await saved.write(dashboards)
      await showProgress(console, dashboards.texts, total)
    }
  } catch (cause) {
    await saved.write(dashboards)
    throw cause
  }
  if (console.err.isTerminal) await console.err.write("\r\u001b[K")
  place ??= await facet.inspect("A", { ...looking, topK: 1 })
  const features = await withLogits(facet, place, dashboards.dashboards())
  const report: DashboardReport = {
    model: values.model ?? "tiny",
    site: place.site,
    layer: place.layer,
    dataset: corpus,
    texts: dashboards.texts,
    tokens: dashboards.tokens,
    ...(features.some(({ promoted }) => promoted !== undefined) && { logits: "W_dec * (1 + gain) @ W_U" as const }),
    features,
  }
  await writeFile(target, `${JSON.stringify(await written(report, format))}\n`)
  await saved.remove()
  await console.out.writeLine(values.json === true ? JSON.stringify(report) : summary(report, target))
  return 0
}

const summary = ({ features, texts, tokens }: DashboardReport, target: string): string =>
  `${features.length} dashboards of ${texts} texts, ${tokens} tokens: ${target}`

async function written(report: DashboardReport, format: "facet" | "neuronpedia"): Promise<object> {
  if (format === "facet") return report
  const { dashboardsToNeuronpedia } = await import("@facet/sdk")
  return dashboardsToNeuronpedia(report)
}

function formatOf(given = "facet"): "facet" | "neuronpedia" {
  if (given === "facet" || given === "neuronpedia") return given
  throw new UsageError(`--format takes facet or neuronpedia, not "${given}"`)
}

function featuresOf(given: string | undefined): ReadonlyArray<number> | undefined {
  if (given === undefined) return undefined
  const indices = given.split(",").map((text) => text.trim())
  if (indices.every((text) => /^\d+$/.test(text))) return [...new Set(indices.map(Number))]
  throw new UsageError(`--features takes indices such as 12,40, not "${given}"`)
}

/** As many as there are lines: what is wrong with one is said when its turn comes. */
async function countTexts(corpus: string, most: number): Promise<number> {
  const text = await readFile(corpus, "utf8").catch((cause: Error) => {
    throw new UsageError(`${corpus} cannot be read: ${cause.message}`)
  })
  const count = text.split("\n").filter((line) => line.trim() !== "").length
  if (count === 0) throw new UsageError(`${corpus} has no text in it`)
  return Math.min(count, most)
}

async function showProgress({ err }: Console, done: number, total: number): Promise<void> {
  if (err.isTerminal) await err.write(`\r\u001b[K${bar(done / total, 20)} ${done} of ${total} texts`)
}

/** Features at once. */
const perCall = 64

async function withLogits(
  facet: Facet,
  { layer, site }: { readonly site: SiteName; readonly layer: number },
  features: ReadonlyArray<FeatureDashboard>,
): Promise<ReadonlyArray<FeatureDashboard>> {
  // What is written elsewhere than into the residual stream has no logits of its own.
  if (site !== "resid_post" && site !== "mlp_out") return features
  const told: Array<FeatureDashboard> = []
  for (let at = 0; at < features.length; at += perCall) {
    const some = features.slice(at, at + perCall)
    const found = await facet.featureLogits({ features: some.map(({ index }) => index), site, layer, topK: 10 })
    for (const [i, feature] of some.entries()) told.push({ ...feature, ...logitsOf(found.features[i]) })
  }
  return told
}

const bare = ({ effect, token }: LogitEffect): LogitEffect => ({ token, effect })

const logitsOf = (
  found: { readonly promoted: ReadonlyArray<LogitEffect>; readonly suppressed: ReadonlyArray<LogitEffect> } | undefined,
): Pick<FeatureDashboard, "promoted" | "suppressed"> =>
  found === undefined ? {} : { promoted: found.promoted.map(bare), suppressed: found.suppressed.map(bare) }

/** What was collected before an interruption. */
class SavedDashboards {
  readonly #path: string
  /** What it was collected of: something else is begun anew. */
  readonly #key: string

  constructor(path: string, key: string) {
    this.#path = path
    this.#key = key
  }

  async read(): Promise<Dashboards | undefined> {
    const text = await readFile(this.#path, "utf8").catch(() => undefined)
    if (text === undefined) return undefined
    const { collected, key } = JSON.parse(text)
    if (key !== this.#key)
      throw new UsageError(`${this.#path} is of another corpus or other options: remove it to begin anew`)
    return Dashboards.from(collected)
  }

  async write(dashboards: Dashboards): Promise<void> {
    await writeFile(`${this.#path}.new`, JSON.stringify({ key: this.#key, collected: dashboards.collected() }))
    await rename(`${this.#path}.new`, this.#path)
  }

  remove(): Promise<void> {
    return rm(this.#path, { force: true })
  }
}
