/** What models are on this machine, and how much of the disk they take. */
import { readdir, readFile, realpath, stat } from "node:fs/promises"
import { join } from "node:path"
import { readModel } from "../architectures/readModel.ts"
import { openFolder } from "../files/disk/openFolder.node.ts"
import { downloadsFolder } from "../files/hub/DownloadedFolder.node.ts"
import { ggufParts } from "../files/gguf/ggufParts.ts"
import { HubCache } from "../files/hub/HubCache.node.ts"
import { hubCache } from "../files/hub/HubSettings.node.ts"
import { isJsonObject } from "../files/ModelFiles.ts"
import { fileBytes } from "./WeightFacts.node.ts"
import { listPrepared, type Prepared } from "./PreparedModels.node.ts"

/** As it was published. */
export interface StoredModel {
  /** `owner/name`, `hf:owner/name/file.gguf`, `kaggle:…` or a URL without its query. */
  readonly id: string
  /** A folder, or a `.gguf`. */
  readonly path: string
  readonly revision: string | undefined
  /** Of the files that are there, in bytes. */
  readonly bytes: number
  /** `hub` is Hugging Face's own cache, which its tools share. */
  readonly cache: "hub" | "facet"
}

/** Facet's own, packed. */
export interface PreparedModel extends Prepared {
  readonly bytes: number
}

export interface StoredModels {
  readonly published: ReadonlyArray<StoredModel>
  readonly prepared: ReadonlyArray<PreparedModel>
}

/** Lists the models in Hugging Face's cache that Facet can open, and those in Facet's own. */
export async function storedModels(): Promise<StoredModels> {
  const prepared = (await listPrepared()).map(async (one) => ({ ...one, bytes: await sizeOfFolder(one.path) }))
  return {
    published: [...(await inHubCache()), ...(await inDownloads())],
    prepared: await Promise.all(prepared),
  }
}

async function inHubCache(): Promise<ReadonlyArray<StoredModel>> {
  const names = await readdir(hubCache()).catch(() => [])
  const found = names.flatMap((name) => {
    const [, owner, model] = /^models--([^-].*?)--(.+)$/.exec(name) ?? []
    return owner === undefined || model === undefined ? [] : [`${owner}/${model}`]
  })
  return (await Promise.all(found.map(inRepository))).flat()
}

/** Its newest snapshot as a model, and each GGUF in it. Models that Facet does not run are passed over. */
async function inRepository(repository: string): Promise<ReadonlyArray<StoredModel>> {
  const cache = new HubCache(repository)
  const whole = await cache.find(undefined)
  const revision = (path: string): string => path.slice(cache.root.length).split(/[\\/]/)[2] ?? ""
  if (whole !== undefined) {
    if (!(await isSupported(whole))) return []
    return [{ id: repository, path: whole, revision: revision(whole), bytes: await sizeOfFolder(whole), cache: "hub" }]
  }
  const snapshots = join(cache.root, "snapshots")
  const names = await readdir(snapshots, { recursive: true }).catch(() => [])
  // One that was split is one model.
  const ggufs = names.filter((name) => name.toLowerCase().endsWith(".gguf") && ggufParts(name)[0] === name)
  return Promise.all(
    ggufs.map(async (name) => {
      const path = join(snapshots, name)
      const [commit = "", ...file] = name.split(/[\\/]/)
      const sizes = await Promise.all(ggufParts(path).map(fileBytes))
      const size = sizes.reduce((sum, bytes) => sum + bytes, 0)
      return { id: `hf:${repository}/${file.join("/")}`, path, revision: commit, bytes: size, cache: "hub" as const }
    }),
  )
}

const isSupported = async (path: string): Promise<boolean> =>
  openFolder(path)
    .then(readModel)
    .then(
      () => true,
      () => false,
    )

async function inDownloads(): Promise<ReadonlyArray<StoredModel>> {
  const folder = downloadsFolder()
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"))
  const found = await Promise.all(
    names.map(async (name): Promise<ReadonlyArray<StoredModel>> => {
      const path = join(folder, name.slice(0, -".json".length))
      const record = await readFile(join(folder, name), "utf8").then(parse)
      const files = await readdir(path).catch(() => [])
      if (record === undefined || files.length === 0) return []
      const gguf = files.find((file) => file.toLowerCase().endsWith(".gguf"))
      const at = gguf === undefined ? path : join(path, gguf)
      return [{ id: record, path: at, revision: undefined, bytes: await sizeOfFolder(path), cache: "facet" }]
    }),
  )
  return found.flat()
}

function parse(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) && typeof value["source"] === "string" ? value["source"] : undefined
  } catch {
    return undefined
  }
}

/** Of all files below, each counted once however many links lead to it; 0 where there is none. */
export async function sizeOfFolder(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
  const seen = new Set<string>()
  let bytes = 0
  for (const entry of names) {
    if (entry.isDirectory()) continue
    const real = await realpath(join(entry.parentPath, entry.name)).catch(() => undefined)
    if (real === undefined || seen.has(real)) continue
    seen.add(real)
    bytes += (await stat(real)).size
  }
  return bytes
}
