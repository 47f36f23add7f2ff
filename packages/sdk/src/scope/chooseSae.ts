/** Picks an autoencoder out of a scope: the one that was asked for, or one that people can read. */
import { InvalidRequestError } from "../words/Errors.ts"
import { type Site, siteKey } from "../words/Site.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { canonicalL0, type SaeEntry } from "./SaePath.ts"
import { readLabels } from "./Labels.ts"

/** Autoencoders, and the files that they and their labels are in. */
export interface SaeChoice {
  readonly entries: ReadonlyArray<SaeEntry>
  readonly files: ModelFiles
}

/**
 * Picks the autoencoder for a site.
 *
 * Without a layer or a site, the place is taken that has the most labels, counted in doublings: a few more decide nothing
 * among places that are labelled alike. Then, and where nothing has labels, `resid_post`, and of its layers the latest. Of
 * several at one place those with labels come first, then the narrowest, and of those the canonical one.
 *
 * Rejects with an `InvalidRequestError` that lists what there is, and as `readLabels` does.
 */
export async function chooseSae({ entries, files }: SaeChoice, wanted: Partial<Site>): Promise<SaeEntry> {
  const fitting = entries.filter(
    (entry) =>
      (wanted.site === undefined || entry.site === wanted.site) &&
      (wanted.layer === undefined || entry.layer === wanted.layer),
  )
  if (fitting.length === 0) throw unknownPlace(entries, wanted)
  const candidates = await Promise.all(fitting.map(async (entry) => ({ entry, labels: await labelsOf(files, entry) })))
  const places = new Map<string, Candidate>()
  for (const candidate of candidates.sort(atOnePlace)) {
    const key = siteKey(candidate.entry)
    if (!places.has(key)) places.set(key, candidate)
  }
  const [chosen] = [...places.values()].sort(amongPlaces)
  if (chosen === undefined) throw unknownPlace(entries, wanted)
  return chosen.entry
}

interface Candidate {
  readonly entry: SaeEntry
  /** How many of its features have a label. */
  readonly labels: number
}

const atOnePlace = ({ entry: a, labels: ofA }: Candidate, { entry: b, labels: ofB }: Candidate): number =>
  Number(ofB > 0) - Number(ofA > 0) ||
  a.width - b.width ||
  Math.abs(a.averageL0 - canonicalL0) - Math.abs(b.averageL0 - canonicalL0)

const amongPlaces = ({ entry: a, labels: ofA }: Candidate, { entry: b, labels: ofB }: Candidate): number =>
  doublings(ofB) - doublings(ofA) ||
  Number(b.site === "resid_post") - Number(a.site === "resid_post") ||
  b.layer - a.layer

const doublings = (labels: number): number => Math.floor(Math.log2(labels + 1))

/** A scope is asked again with every trace, and its files do not change. */
const counted = new WeakMap<SaeEntry, Promise<number>>()

function labelsOf(files: ModelFiles, entry: SaeEntry): Promise<number> {
  const count = counted.get(entry) ?? readLabels(files, entry).then(({ size }) => size)
  counted.set(entry, count)
  count.catch(() => counted.delete(entry))
  return count
}

const unknownPlace = (entries: ReadonlyArray<SaeEntry>, { layer, site }: Partial<Site>): InvalidRequestError =>
  new InvalidRequestError({
    option: site !== undefined && !entries.some((entry) => entry.site === site) ? "site" : "layer",
    problem: `there is no autoencoder for ${site ?? "any site"}${layer === undefined ? "" : ` at layer ${layer}`}`,
    remedy: `There are: ${describe(entries)}. For the raw activations of any layer ask for \`activations: true\` and \`topK: 0\`.`,
  })

const describe = (entries: ReadonlyArray<SaeEntry>): string =>
  [...new Set(entries.map((entry) => `${entry.site} at layer ${entry.layer}`))].sort().join(", ") || "none"
