/** Finds the sparse autoencoders of a folder on disk. */
import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { ScopeFileError } from "../words/Errors.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Site } from "../words/Site.ts"
import { placeSae } from "./placeSae.ts"
import { publishedAt } from "./catalogue/publishedAt.ts"
import { withKeptLabels } from "./neuronpedia/withKeptLabels.node.ts"
import { otherKind } from "./otherKind.ts"
import { isOtherKind, parameterFiles, type SaeEntry } from "./SaePath.ts"

/** A folder, and what is in it. */
export interface ScopeFolder {
  readonly files: ModelFiles
  readonly entries: ReadonlyArray<SaeEntry>
}

/**
 * Lists a folder of autoencoders, Gemma Scope's or SAELens', or takes one file of parameters.
 *
 * @param given where the autoencoders belong, where their paths do not say it.
 *
 * Rejects with a `ScopeFileError`.
 */
export async function openScope(path: string, given: Partial<Site> = {}): Promise<ScopeFolder> {
  const whole = resolve(path)
  const isFolder = await stat(whole).then(
    (found) => found.isDirectory(),
    (cause: Error) => {
      throw refuse(path, cause.message)
    },
  )
  const root = isFolder ? whole : dirname(whole)
  const names = isFolder ? await listParameters(path, whole) : [basename(whole)]
  if (names.length === 0) throw refuse(path, `there is none of ${parameterFiles.join(", ")} in it`)
  // In a folder each autoencoder's own path says its layer: one given for all of them would be wrong for all but one.
  const known = isFolder && given.site !== undefined ? { site: given.site } : isFolder ? {} : given
  const files = await openFolder(root)
  const entries: Array<SaeEntry> = []
  for (const file of names) {
    const entry = await placeSae(files, join(root, file), file, known)
    if (entry !== undefined) entries.push(named(entry, publishedAt(join(root, file))?.neuronpedia))
  }
  if (entries.length === 0) {
    throw names.every((file) => isOtherKind(join(root, file))) ? otherKind(path) : unplaced(path)
  }
  return { files: withKeptLabels(files, entries), entries }
}

const named = (entry: SaeEntry, neuronpedia: string | undefined): SaeEntry =>
  neuronpedia === undefined ? entry : { ...entry, neuronpedia }

async function listParameters(path: string, root: string): Promise<ReadonlyArray<string>> {
  const names = await readdir(root, { recursive: true }).catch((cause: Error) => {
    throw refuse(path, cause.message)
  })
  return names.filter((name) => parameterFiles.includes(basename(name))).sort()
}

const unplaced = (path: string): ScopeFileError =>
  new ScopeFileError({
    file: path,
    problem: "no path in it says which layer and site of the model an autoencoder belongs to",
    remedy:
      "Give `layer` and `site` with one file, or keep it in Gemma Scope's folders: resid_post/layer_20/width_16k/average_l0_71.",
  })

const refuse = (file: string, problem: string): ScopeFileError =>
  new ScopeFileError({
    file,
    problem,
    remedy:
      "Give a Gemma Scope folder (layer_20/width_16k/average_l0_71/params.npz), one that SAELens saved, or one file of parameters.",
  })
