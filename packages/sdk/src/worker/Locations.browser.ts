/** Where an engine in a browser finds the folders that it is told to open. */
import type { Progress } from "../words/Progress.ts"
import type { Site } from "../words/Site.ts"
import { readSaePath, type SaeEntry } from "../scope/SaePath.ts"
import { openAssets } from "../files/http/openAssets.browser.ts"
import { embeddedPrefix } from "./WorkerMessages.ts"
import { configFile, parametersFile } from "../files/ModelFileNames.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { openRemoteModel, type RemoteModelOptions } from "../models/openRemoteModel.browser.ts"
import type { RemoteFolderOptions } from "../files/opfs/openRemoteFolder.browser.ts"
import { openRemoteScope } from "../scope/openRemoteScope.browser.ts"

type OnProgress = (progress: Progress) => void
type RemoteOptions = Pick<RemoteFolderOptions, "storage" | "sha256">

/** Files of one embedded folder, by their names in it. */
async function embeddedFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const { assets } = await import("@facet/tiny/assets")
  const prefix = `${folder.slice(embeddedPrefix.length)}/`
  return new Map(
    [...assets].flatMap(([path, url]) => (path.startsWith(prefix) ? [[path.slice(prefix.length), url] as const] : [])),
  )
}

export async function openLocation(
  folder: string,
  onProgress: OnProgress,
  options: RemoteModelOptions = {},
): Promise<ModelFiles> {
  if (!folder.startsWith(embeddedPrefix)) return openRemoteModel(folder, { ...options, onProgress })
  const urls = await embeddedFiles(folder)
  const files = openAssets(folder, urls, { onProgress })
  // All of a model's files are needed: asked for at once, their sizes are known at once. Who reads one hears of its error.
  if (urls.has(configFile)) for (const name of urls.keys()) files.size(name).catch(() => {})
  return files
}

export async function openScopeLocation(
  scope: string,
  given: Partial<Site>,
  onProgress: OnProgress,
  options: RemoteOptions = {},
): Promise<{ readonly files: ModelFiles; readonly entries: ReadonlyArray<SaeEntry> }> {
  if (!scope.startsWith(embeddedPrefix)) return openRemoteScope(scope, given, { ...options, onProgress })
  const names = [...(await embeddedFiles(scope)).keys()].filter((name) => name.endsWith(parametersFile)).sort()
  const entries = names.flatMap((file) => readSaePath(`${scope}/${file}`, file) ?? [])
  return { entries, files: await openLocation(scope, onProgress) }
}
