/** What features stand for: `labels.json` beside an autoencoder's `params.npz`. */
import { ScopeFileError } from "../words/Errors.ts"
import { labelsFile } from "../files/ModelFileNames.ts"
import { filePath, isJsonObject, type ModelFiles, readJsonObject } from "../files/ModelFiles.ts"

/** Labels by feature index. */
export type Labels = ReadonlyMap<number, string>

/**
 * Reads the labels beside `file`: `{ "12": { "label": "animal names" } }`. Without such a file no feature has a label.
 *
 * Rejects with a `ScopeFileError` when the file is there and says something else.
 */
export async function readLabels(files: ModelFiles, file: string): Promise<Labels> {
  const name = `${file.slice(0, file.lastIndexOf("/") + 1)}${labelsFile}`
  if (!(await files.exists(name))) return new Map()
  const labels = new Map<number, string>()
  for (const [key, value] of Object.entries(await readJsonObject(files, name))) {
    const index = Number(key)
    const label = isJsonObject(value) ? value["label"] : undefined
    if (!Number.isInteger(index) || index < 0 || typeof label !== "string") {
      throw new ScopeFileError({
        file: filePath(files, name),
        problem: `the entry "${key}" is not a label`,
        remedy: 'Entries look like "12": { "label": "animal names" }; mend the file or remove it.',
      })
    }
    labels.set(index, label)
  }
  return labels
}
