/** What features stand for: `labels.json` beside an autoencoder's parameters, and Neuronpedia's labels where they were fetched. */
import { ScopeFileError } from "../words/Errors.ts"
import { labelsFile, publishedLabelsFile } from "../files/ModelFileNames.ts"
import { filePath, isJsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"
import { siteKey } from "../words/Site.ts"
import { inScope } from "./inScope.ts"
import { placeOfSource } from "./neuronpedia/Source.ts"
import { folderOf, type SaeEntry } from "./SaePath.ts"

/** Labels by feature index. */
export type Labels = ReadonlyMap<number, string>

/**
 * Reads the labels of an autoencoder: Neuronpedia's, and in their place one's own, `{ "12": { "label": "animal names" } }`. A
 * file may say whose labels it has, `"source": "gemma-2-2b/20-gemmascope-res-16k"`. Without such a file no feature has a label.
 *
 * @param width features, where they are known.
 *
 * Rejects with a `ScopeFileError` when a file is there and says something else, or has labels of another autoencoder.
 */
export async function readLabels(files: ModelFiles, entry: SaeEntry, width = 0): Promise<Labels> {
  const labels = new Map<number, string>()
  for (const name of [publishedLabelsFile, labelsFile]) {
    const file = `${folderOf(entry.file)}${name}`
    if (await files.exists(file)) await readInto(labels, files, file, { ...entry, width: width || entry.width })
  }
  return labels
}

async function readInto(labels: Map<number, string>, files: ModelFiles, file: string, entry: SaeEntry): Promise<void> {
  const refuse = (problem: string, remedy: string): ScopeFileError =>
    new ScopeFileError({ file: filePath(files, file), problem, remedy })
  for (const [key, value] of Object.entries(await inScope(readJsonObject(files, file)))) {
    if (key === "source") {
      if (isSourceOf(value, entry)) continue
      const own = entry.neuronpedia ?? `${siteKey(entry)}${entry.width > 0 ? `, ${entry.width} features` : ""}`
      throw refuse(
        `it has the labels of ${JSON.stringify(value)}, and this is ${own}`,
        "Put the labels of this autoencoder there, or remove the file.",
      )
    }
    const index = Number(key)
    const label = isJsonObject(value) ? value["label"] : undefined
    if (!isIndex(key) || typeof label !== "string") {
      throw refuse(
        `the entry "${key}" is not a label`,
        'Entries look like "12": { "label": "animal names" }; mend the file or remove it.',
      )
    }
    if (entry.width > 0 && index >= entry.width) {
      throw refuse(
        `it has a label of feature ${index}, and this autoencoder has ${entry.width}: they are another's`,
        "Put the labels of this autoencoder there, or remove the file.",
      )
    }
    labels.set(index, label)
  }
}

/** A feature's index as text: nothing that only becomes a number, such as "" or "0x10". */
export const isIndex = (text: string): boolean => /^(?:0|[1-9]\d*)$/.test(text)

/** Whether labels may be this autoencoder's: those of Gemma Scope say of which layer, site and width they are. */
function isSourceOf(source: unknown, { layer, neuronpedia, site, width }: SaeEntry): boolean {
  if (neuronpedia !== undefined) return source === neuronpedia
  if (typeof source !== "string") return false
  const place = placeOfSource(source)
  if (place === undefined) return true
  return place.layer === layer && place.site === site && (width === 0 || place.width === 0 || place.width === width)
}
