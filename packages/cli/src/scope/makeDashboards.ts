/** `facet scope dashboard`: what features are, by the texts of a corpus; may be interrupted and gone on with. */
import { createHash, type Hash } from "node:crypto"
import { readFile, rm } from "node:fs/promises"
import {
  Dashboards,
  type DashboardReport,
  type Facet,
  type FeatureDashboard,
  InvalidRequestError,
  type LogitEffect,
  isFacetError,
  type SiteName,
} from "@facet/sdk"
import { bar } from "../bar.ts"
import { checkWritable } from "../checkWritable.ts"
import type { Console } from "../Console.ts"
import { writeWhole } from "../writeWhole.ts"
import { UsageError } from "../UsageError.ts"
import { openScopeFacet } from "./openScopeFacet.ts"
import { readTexts } from "./readTexts.ts"
import type { ScopeAction } from "./ScopeAction.ts"
import { toldOfCut, traceBeginning } from "./traceBeginning.ts"

/** Texts between two savings of what was collected. */
const betweenSavings = 25

export const makeDashboards: ScopeAction = async (console, corpus, values) => {
  if (corpus === undefined) throw new UsageError("name a corpus: a text a line, or a .jsonl of rows with a text")
  const { out: target, texts: most = Infinity } = values
  if (target === undefined) throw new UsageError("--out FILE is missing: where the dashboards are written")
  if (!(most >= 1)) throw new UsageError(`--texts takes a number of at least 1, not ${most}`)
  await checkWritable("--out", target)
  const format = formatOf(values.format)
  const features = featuresOf(values.features)
  const key = JSON.stringify([corpus, values.model, values.scope, values.layer, values.site, values.features])
  const saved = new SavedDashboards(`${target}.part`, key)
  const before = (await saved.read(most)) ?? { dashboards: new Dashboards({ features }), digest: "", cut: 0 }
  const { dashboards, digest } = before
  if (dashboards.texts > 0) await console.err.writeLine(`Going on behind ${dashboards.texts} texts.`)
  const total = await countTexts(corpus, most)
  await using opened = await openScopeFacet(console, values)
  const { facet, looking } = opened
  const { layer, site } = await facet.inspect("A", { ...looking, topK: 1 })
  const place = { layer, site }
  await checkFeatures(facet, place, features)
  const hash = createHash("sha256")
  const known = dashboards.texts
  let { cut } = before
  let number = 0
  try {
    for await (const text of readTexts(corpus)) {
      if (++number > most) break
      if (number > known) {
        const { isCut, trace } = await traceBeginning(opened, text)
        dashboards.add(trace)
        if (isCut) cut++
      }
      hash.update(`${text}\n`)
      if (number === known) saved.check(hash, digest)
      if (number <= known) continue
      if (dashboards.texts % betweenSavings === 0) await saved.write({ dashboards, cut }, hash)
      await showProgress(console, dashboards.texts, total)
    }
  } catch (cause) {
    if (dashboards.texts > known) await saved.write({ dashboards, cut }, hash)
    if (isFacetError(cause)) await console.err.writeLine(`At text ${number} of ${corpus}:`)
    throw cause
  }
  if (console.err.isTerminal) await console.err.write("\r\u001b[K")
  if (number < known) saved.check(hash, digest)
  for (const line of toldOfCut(cut)) await console.err.writeLine(line)
  const made = await withLogits(facet, place, dashboards.dashboards())
  const report: DashboardReport = {
    model: values.model ?? "tiny",
    ...place,
    dataset: corpus,
    texts: dashboards.texts,
    tokens: dashboards.tokens,
    ...(made.some(({ promoted }) => promoted !== undefined) && { logits: "W_dec * (1 + gain) @ W_U" as const }),
    features: made,
  }
  await writeWhole(target, `${JSON.stringify(await written(report, format))}\n`)
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

/** What heads write goes through weights before it is a part of the residual stream; transcoders write at the MLP's output. */
const hasLogits = (site: SiteName): boolean => site !== "attn_z"

/** Features at once. */
const perCall = 64

async function withLogits(
  facet: Facet,
  { layer, site }: { readonly site: SiteName; readonly layer: number },
  features: ReadonlyArray<FeatureDashboard>,
): Promise<ReadonlyArray<FeatureDashboard>> {
  if (!hasLogits(site)) return features
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

/** Said before the corpus is read. */
async function checkFeatures(
  facet: Facet,
  { layer, site }: { readonly site: SiteName; readonly layer: number },
  features: ReadonlyArray<number> | undefined,
): Promise<void> {
  if (features === undefined) return
  try {
    await facet.featureLogits({ features: [Math.max(...features)], site, layer, topK: 1 })
  } catch (cause) {
    // Features without logits are refused by their site, once it is known that they are there.
    if (hasLogits(site) || !(cause instanceof InvalidRequestError && cause.option === "site")) throw cause
  }
}

interface Collected {
  readonly dashboards: Dashboards
  /** Texts of which only the beginning was read. */
  readonly cut: number
}

interface Saved extends Collected {
  /** Of the texts that it was collected of. */
  readonly digest: string
}

/** What was collected before an interruption. */
class SavedDashboards {
  readonly #path: string
  /** What it was collected of: something else is begun anew. */
  readonly #key: string

  constructor(path: string, key: string) {
    this.#path = path
    this.#key = key
  }

  /** @param most texts that are wanted. */
  async read(most: number): Promise<Saved | undefined> {
    const text = await readFile(this.#path, "utf8").catch(() => undefined)
    if (text === undefined) return undefined
    const { collected, cut = 0, digest, key } = this.#parse(text)
    if (key !== this.#key) throw this.#refuse("is of another corpus or other options")
    const dashboards = this.#attempt(() => Dashboards.from(collected))
    if (dashboards.texts > most) throw this.#refuse(`has ${dashboards.texts} texts, more than --texts ${most}`)
    return { dashboards, digest: String(digest), cut: Number(cut) }
  }

  /** @param hash of as many texts as were collected before. */
  check(hash: Hash, digest: string): void {
    if (hash.copy().digest("hex") !== digest)
      throw this.#refuse("is of texts that the corpus does not begin with any more")
  }

  write({ cut, dashboards }: Collected, hash: Hash): Promise<void> {
    const digest = hash.copy().digest("hex")
    return writeWhole(this.#path, JSON.stringify({ key: this.#key, digest, cut, collected: dashboards.collected() }))
  }

  remove(): Promise<void> {
    return rm(this.#path, { force: true })
  }

  #parse(text: string) {
    return this.#attempt(() => JSON.parse(text))
  }

  #attempt<A>(read: () => A): A {
    try {
      return read()
    } catch {
      throw this.#refuse("is damaged")
    }
  }

  #refuse(problem: string): UsageError {
    return new UsageError(`${this.#path} ${problem}: remove it to begin anew`)
  }
}
