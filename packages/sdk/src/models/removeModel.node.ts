/** Removing models: of Facet's cache, and of Hugging Face's where that is asked for. Never anything outside of them. */
import { realpath, rm } from "node:fs/promises"
import { dirname, join, relative, resolve, sep } from "node:path"
import { downloadsFolder } from "../files/hub/DownloadedFolder.node.ts"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { hubCache } from "../files/hub/HubSettings.node.ts"
import { diskError } from "../files/disk/diskError.node.ts"
import { ModelNotFoundError } from "../words/Errors.ts"
import type { ModelSource } from "../files/hub/ModelSource.ts"
import { hubName, sourceOf } from "./locateModel.node.ts"
import { preparedFolder, removePrepared } from "./PreparedModels.node.ts"
import { sizeOfFolder, storedModels } from "./storedModels.node.ts"

/** Something that can be removed. */
export interface Removal {
  readonly path: string
  readonly bytes: number
  readonly what: "packed" | "download" | "hub"
}

/**
 * What there is of a model: Facet's packed copies and downloads of its own; with `all` what lies in Hugging Face's cache,
 * too, which other tools may use.
 *
 * @param text as it was opened, or the path of a copy.
 * Rejects with a `ModelNotFoundError` when there is nothing.
 */
export async function findRemovals(text: string, all: boolean): Promise<ReadonlyArray<Removal>> {
  const source = await sourceOf(text)
  const { prepared, published } = await storedModels()
  const id = nameOf(text, source)
  const removals: Array<Removal> = [
    ...prepared
      .filter((one) => [one.id, one.path].includes(id))
      .map(({ bytes, path }) => ({ path, bytes, what: "packed" as const })),
    ...published
      .filter((one) => one.cache === "facet" && (one.id === id || one.id.startsWith(`${id}/`)))
      .map(({ bytes, path }) => ({
        path: path.endsWith(".gguf") ? dirname(path) : path,
        bytes,
        what: "download" as const,
      })),
  ]
  const hub = all && source.kind === "hub" ? await hubRemoval(source.repository) : undefined
  if (hub !== undefined) removals.push(hub)
  if (removals.length > 0) return removals
  const other = !all && published.some((one) => one.cache === "hub" && one.id === id)
  throw new ModelNotFoundError({
    model: text,
    problem: other
      ? "Facet keeps no copy of it; it lies in Hugging Face's cache, which other tools share"
      : "nothing of it is kept here",
    remedy: other ? "Add --all to remove it there." : "`facet models` lists what is.",
  })
}

/** As lists and records have it. */
function nameOf(text: string, source: ModelSource): string {
  if (source.kind === "path") return resolve(text)
  return source.kind === "hub" ? hubName(source) : text.replace(/[?#].*$/, "").replace(/\/$/, "")
}

async function hubRemoval(repository: string): Promise<Removal | undefined> {
  const { root } = new HubCache(repository)
  const bytes = await sizeOfFolder(join(root, "blobs"))
  const others = bytes === 0 ? await sizeOfFolder(root) : bytes
  return others === 0 ? undefined : { path: root, bytes: others, what: "hub" }
}

/** Removes it. Rejects with a `StorageError` for what lies outside the caches, or cannot be removed. */
export async function removeModel(removals: ReadonlyArray<Removal>): Promise<void> {
  for (const { path, what } of removals) {
    const cache = { packed: preparedFolder(), download: downloadsFolder(), hub: hubCache() }[what]
    if (!(await isDirectlyIn(cache, path))) throw diskError(path, new Error("EPERM"))
    try {
      if (what === "packed") await removePrepared(path)
      else {
        await rm(path, { recursive: true, force: true })
        if (what === "download") await rm(`${path}.json`, { force: true })
      }
    } catch (cause) {
      throw diskError(path, cause)
    }
  }
}

/** Links are followed: what looks like the cache's own may be somebody else's folder. */
async function isDirectlyIn(cache: string, path: string): Promise<boolean> {
  const [outer, inner] = await Promise.all([cache, dirname(path)].map((one) => realpath(one).catch(() => one)))
  const way = relative(outer ?? cache, join(inner ?? "", path.split(/[\\/]/).at(-1) ?? ""))
  return way !== "" && !way.startsWith("..") && !way.includes(sep)
}
