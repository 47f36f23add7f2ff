/** Which autoencoders of Gemma Scope are in Hugging Face's cache, and removing them there. */
import { readdir, realpath, rm, rmdir } from "node:fs/promises"
import { dirname, join, relative, sep } from "node:path"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { diskError } from "../files/disk/diskError.node.ts"
import { catalogue } from "../scope/catalogue/catalogue.ts"
import type { PublishedSae } from "../scope/catalogue/PublishedSae.ts"
import { ScopeFileError } from "../words/Errors.ts"
import { saeHere } from "./resolveScope.node.ts"
import { fileBytes } from "./WeightFacts.node.ts"

/** An autoencoder that is on this machine. */
export interface StoredSae {
  readonly sae: PublishedSae
  readonly path: string
  /** Of its file. */
  readonly bytes: number
}

/** Lists those of the catalogue that are here. */
export async function storedSaes(): Promise<ReadonlyArray<StoredSae>> {
  const stored: Array<StoredSae> = []
  for (const repository of new Set(catalogue().map((sae) => sae.repository))) {
    const [snapshot] = await new HubCache(repository).snapshots()
    if (snapshot === undefined) continue
    for (const sae of catalogue()) {
      if (sae.repository !== repository) continue
      const path = await saeHere(sae)
      if (path !== undefined) stored.push({ sae, path, bytes: await fileBytes(path) })
    }
  }
  return stored
}

/**
 * Removes an autoencoder from Hugging Face's cache, which other tools share: its file, and the content behind it unless another
 * name has that, too.
 *
 * Rejects with a `ScopeFileError` when it is not there, and with a `StorageError` when it cannot be removed.
 */
export async function removeSae(sae: PublishedSae): Promise<StoredSae> {
  const path = await saeHere(sae)
  if (path === undefined) {
    throw new ScopeFileError({
      file: sae.saeLensIds[0]?.join("/") ?? sae.file,
      problem: "it is not on this machine",
      remedy: "`facet scope list --here` shows what is.",
    })
  }
  const bytes = await fileBytes(path)
  const cache = new HubCache(sae.repository)
  const blob = await realpath(path)
  try {
    await rm(path)
    if (isIn(await realpath(cache.root), blob) && !(await isElsewhere(cache, blob))) await rm(blob, { force: true })
    await removeEmptyFolders(dirname(path), cache.root)
  } catch (cause) {
    throw diskError(path, cause)
  }
  return { sae, path, bytes }
}

const isIn = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way !== "" && !way.startsWith("..") && !way.startsWith(sep)
}

/** The same content may lie under several names, in one snapshot or several. */
async function isElsewhere(cache: HubCache, blob: string): Promise<boolean> {
  for (const snapshot of await cache.snapshots()) {
    const names = await readdir(snapshot, { recursive: true }).catch(() => [])
    for (const name of names) if ((await realpath(join(snapshot, name)).catch(() => undefined)) === blob) return true
  }
  return false
}

async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  for (let at = folder; isIn(root, at) && dirname(at) !== join(root, "snapshots"); at = dirname(at)) {
    if ((await readdir(at)).length > 0) return
    await rmdir(at)
  }
}
