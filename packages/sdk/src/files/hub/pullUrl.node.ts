/** A folder, or a `.gguf`, of any web server. */
import { join } from "node:path"
import { withLock } from "../disk/withLock.node.ts"
import { ggufParts } from "../gguf/ggufParts.ts"
import { DownloadMeter } from "../http/DownloadMeter.ts"
import { type FolderUrl, folderUrl } from "../http/folderUrl.ts"
import { type Description, HttpSource } from "../http/HttpSource.ts"
import { retry } from "../http/retry.ts"
import { configFile, optionalFiles, requiredFiles, singleWeights, weightsIndex } from "../ModelFileNames.ts"
import { DownloadedFolder } from "./DownloadedFolder.node.ts"
import type { UrlSource } from "./ModelSource.ts"
import { neededFiles } from "./neededFiles.ts"
import { proxiedFetch } from "./proxiedFetch.node.ts"
import { pullFolder } from "./pullFolder.node.ts"
import type { Pulled, PullOptions } from "./PullOptions.ts"

/** What was downloaded from there before; undefined unless it is whole. */
export async function findUrl(source: UrlSource): Promise<string | undefined> {
  const { folder, name } = placeOf(source)
  return (await folder.isWhole()) ? pathIn(folder, name) : undefined
}

/** Fetches it, unless it is there. Rejects as `pullRepository` does. */
export async function pullUrl(source: UrlSource, options: PullOptions = {}): Promise<Pulled> {
  const { folder, name, url } = placeOf(source)
  const { onProgress, retryDelaysMs, signal, stallMs } = options
  const meter = new DownloadMeter(url.root, onProgress)
  const path = pathIn(folder, name)
  await withLock(folder.lock, { signal, onWait: () => meter.waiting() }, async () => {
    if (await folder.isWhole()) return
    const host = new HttpSource(url, { fetch: proxiedFetch, retryDelaysMs, signal, stallMs })
    const described = new Map<string, Description | undefined>()
    const describe = async (file: string): Promise<Description | undefined> => {
      if (!described.has(file)) described.set(file, await look(host, file, signal))
      return described.get(file)
    }
    const needed =
      name === undefined
        ? neededFiles(url.root, await namesAt(describe), undefined)
        : { small: [], weights: ggufParts(name) }
    const sizeOf = async (file: string): Promise<number | undefined> => (await describe(file))?.size
    await pullFolder({ source: host, folder, needed, sizeOf, meter, page: url.root, revision: undefined }, options)
    await folder.finish(url.root, undefined)
  })
  return { path, revision: undefined, licence: undefined }
}

interface Place {
  readonly folder: DownloadedFolder
  readonly url: FolderUrl
  /** Of a single file. */
  readonly name: string | undefined
}

function placeOf({ url: text }: UrlSource): Place {
  const file = new URL(text)
  file.hash = ""
  const name = decodeURIComponent(file.pathname.split("/").at(-1) ?? "")
  if (!name.toLowerCase().endsWith(".gguf")) {
    const url = folderUrl(text, text)
    return { folder: DownloadedFolder.of(url.href, url.root.replace(/^https?:\/\//, "")), url, name: undefined }
  }
  const parent = folderUrl(new URL(".", file).href, text)
  const stored = name.replaceAll(/[/\\:]/g, "-")
  const fileUrl = (part: string): string => (part === stored ? file.href : `${parent.fileUrl(part)}${file.search}`)
  const url: FolderUrl = { ...parent, address: file.href, href: file.href, fileUrl }
  return { folder: DownloadedFolder.of(file.href, name), url, name: stored }
}

const pathIn = (folder: DownloadedFolder, name: string | undefined): string =>
  name === undefined ? folder.path : join(folder.path, name)

/** A web server lists nothing: what it may have is asked for by name. */
async function namesAt(describe: (name: string) => Promise<Description | undefined>): Promise<ReadonlyArray<string>> {
  const names = [configFile, ...requiredFiles, ...optionalFiles, singleWeights, weightsIndex]
  const found = await Promise.all(names.map(async (name) => ((await describe(name)) === undefined ? [] : [name])))
  return found.flat()
}

/** Some hosts answer with a page for what is not there. */
async function look(
  source: HttpSource,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Description | undefined> {
  const description = await retry(source, name, signal, () => source.describe(name))
  if (description?.mimeType !== "text/html") return description
  return (await retry(source, name, signal, () => source.isPage(name))) ? undefined : description
}
