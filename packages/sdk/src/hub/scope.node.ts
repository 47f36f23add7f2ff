/** Finds the sparse autoencoders of a folder on disk. */
import { readdir, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { ScopeFileError } from "../Errors.ts"
import type { Site } from "../graph/Sites.ts"
import { readSaePath, type SaeEntry } from "../scope/Catalogue.ts"

const parametersName = "params.npz"

/** A folder, and what is in it. */
export interface ScopeFolder {
  readonly root: string
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
  if (files.length === 0) throw refuse(path, `there is no ${parametersName} in it`)
  const entries = files.map((file) => readEntry(join(root, file), file, given))
  return { root, entries }
}

async function listParameters(path: string, root: string): Promise<ReadonlyArray<string>> {
  const names = await readdir(root, { recursive: true }).catch((cause: Error) => {
    throw refuse(path, cause.message)
  })
  return names.filter((name) => basename(name) === parametersName).sort()
}

function readEntry(path: string, file: string, given: Partial<Site>): SaeEntry {
  const entry = readSaePath(path, file, given)
  if (entry !== undefined) return entry
  throw new ScopeFileError({
    file: path,
    problem: "its path does not say which layer and site of the model it belongs to",
    remedy:
      "Give `layer` and `site`, or keep it in Gemma Scope's folders: resid_post/layer_20/width_16k/average_l0_71.",
  })
}

const refuse = (file: string, problem: string): ScopeFileError =>
  new ScopeFileError({
    file,
    problem,
    remedy: "Give a Gemma Scope folder (layer_20/width_16k/average_l0_71/params.npz) or one params.npz.",
  })
