/** Finds the sparse autoencoders of a folder on disk. */
import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { ScopeFileError } from "../words/Errors.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { parametersFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import type { Site } from "../words/Site.ts"
import { isOtherKind, readSaePath, type SaeEntry } from "./Catalogue.ts"

/** A folder, and what is in it. */
export interface ScopeFolder {
  readonly files: ModelFiles
  readonly entries: ReadonlyArray<SaeEntry>
}

/**
 * Lists a Gemma Scope folder, or takes one `params.npz`.
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
  const files = isFolder ? await listParameters(path, whole) : [basename(whole)]
  if (files.length === 0) throw refuse(path, `there is no ${parametersFile} in it`)
  // In a folder each autoencoder's own path says its layer: one given for all of them would be wrong for all but one.
  const known = isFolder && given.site !== undefined ? { site: given.site } : isFolder ? {} : given
  const entries = files.flatMap((file) => readSaePath(join(root, file), file, known) ?? [])
  if (entries.length === 0) {
    throw files.every((file) => isOtherKind(join(root, file))) ? otherKind(path) : unplaced(path)
  }
  return { files: await openFolder(root), entries }
}

async function listParameters(path: string, root: string): Promise<ReadonlyArray<string>> {
  const names = await readdir(root, { recursive: true }).catch((cause: Error) => {
    throw refuse(path, cause.message)
  })
  return names.filter((name) => basename(name) === parametersFile).sort()
}

const unplaced = (path: string): ScopeFileError =>
  new ScopeFileError({
    file: path,
    problem: "no path in it says which layer and site of the model an autoencoder belongs to",
    remedy:
      "Give `layer` and `site` with one params.npz, or keep it in Gemma Scope's folders: resid_post/layer_20/width_16k/average_l0_71.",
  })

const otherKind = (path: string): ScopeFileError =>
  new ScopeFileError({
    file: path,
    problem: "it holds transcoders, or autoencoders of the embedding, which Facet does not read",
    remedy: "Take Gemma Scope's autoencoders of a layer's output, attention or MLP (the releases -res, -att and -mlp).",
  })

const refuse = (file: string, problem: string): ScopeFileError =>
  new ScopeFileError({
    file,
    problem,
    remedy: "Give a Gemma Scope folder (layer_20/width_16k/average_l0_71/params.npz) or one params.npz.",
  })
