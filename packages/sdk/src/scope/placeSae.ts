import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Site } from "../words/Site.ts"
import { readSaeConfig } from "./SaeConfig.ts"
import { checkAgreement, folderOf, isSaeLensFile, readSaePath, type SaeEntry } from "./SaePath.ts"

/**
 * Where an autoencoder belongs: by its path, and SAELens' by what it says of itself.
 *
 * @param path the file's whole path; `file` is the same, relative to the scope's folder.
 * @param given what the caller knows.
 * @returns undefined when nothing says the site and the layer.
 *
 * Rejects with an `InvalidRequestError` when two of them contradict each other, and as `readSaeConfig` does.
 */
export async function placeSae(
  files: ModelFiles,
  path: string,
  file: string,
  given: Partial<Site> = {},
): Promise<SaeEntry | undefined> {
  if (!isSaeLensFile(file)) return readSaePath(path, file, given)
  const { place, width } = await readSaeConfig(files, folderOf(file))
  checkAgreement(file, place ?? {}, given)
  const entry = readSaePath(path, file, { ...given, ...place })
  return entry === undefined || entry.width !== 0 ? entry : { ...entry, width }
}
