/** Opens folders on web servers, which are kept in the browser's storage. Runs in a dedicated worker. */
import type { Progress } from "../../words/Progress.ts"
import type { Checksums } from "../../words/Checksums.ts"
import { StorageError } from "../../words/Errors.ts"
import type { DownloadOptions, Restart } from "./downloadFile.browser.ts"
import { DownloadMeter } from "../http/DownloadMeter.ts"
import { downloadModel } from "./downloadModel.browser.ts"
import { withFolderLock } from "./withFolderLock.browser.ts"
import { type FolderUrl, folderUrl } from "../http/folderUrl.ts"
import { httpFolder } from "../http/httpFolder.ts"
import { whyUnreachable } from "../http/whyUnreachable.browser.ts"
import { HttpSource } from "../http/HttpSource.ts"
import { configFile } from "../ModelFileNames.ts"
import type { ModelFiles } from "../ModelFiles.ts"
import { OpfsFolder } from "./OpfsFolder.browser.ts"

export interface RemoteFolderOptions {
  /** Told how far a download has come, about ten times a second, and `waiting` while another tab downloads. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Stops at any moment; what has arrived is kept. The promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** `persistent` (default) keeps the files in the browser's storage; `none` reads them over HTTP each time. */
  readonly storage?: "persistent" | "none" | undefined
  /** Told when a download begins anew though some of it was there. */
  readonly onRestart?: ((restart: Restart) => void) | undefined
  /** What files must be. One that is another is an error, and is not kept. */
  readonly sha256?: Checksums | undefined
  /** How long the host may send nothing before it is asked again, in milliseconds. Default 30 seconds. */
  readonly stallMs?: number | undefined
  /** Milliseconds before each further attempt at a file that failed. Default 300, 1000, 3000. */
  readonly retryDelaysMs?: ReadonlyArray<number> | undefined
}

/**
 * Opens a model's folder.
 *
 * A folder that is stored completely is opened without a request, and so without a network: `removeStoredModel` is how to
 * get a newer version. Otherwise what is missing is downloaded first, by one tab at a time.
 *
 * @param model an http(s) URL, or an id on the Hugging Face Hub.
 *
 * Rejects with a `DownloadError` when the host does not give a model, with a `StorageError` when the browser does not
 * keep one, and with a `ModelFileError` when the list of weights is broken.
 *
 * @example
 * const files = await openRemoteFolder("https://example.org/models/gemma-2-2b-it/", { onProgress: console.log })
 */
export const openRemoteFolder = (model: string, options: RemoteFolderOptions = {}): Promise<ModelFiles> =>
  openRemote(folderUrl(model, self.location.href), options, modelFolder)

/** What distinguishes a model's folder from an autoencoder's. */
export interface RemoteKind {
  /** Fetches what is missing. */
  readonly download: (options: DownloadOptions, url: FolderUrl) => Promise<void>
  /** Finds out whether the address is right, when nothing is downloaded. */
  readonly probe: (files: ModelFiles) => Promise<unknown>
}

const modelFolder: RemoteKind = { download: downloadModel, probe: (files) => files.readText(configFile) }

/** Opens a folder of any kind. */
export async function openRemote(url: FolderUrl, options: RemoteFolderOptions, kind: RemoteKind): Promise<ModelFiles> {
  const { onProgress, onRestart, retryDelaysMs, sha256, signal, stallMs, storage = "persistent" } = options
  signal?.throwIfAborted()
  const source = new HttpSource(url, { signal, stallMs, retryDelaysMs, whyUnreachable })
  const meter = new DownloadMeter(url.root, onProgress)
  if (storage === "none") {
    const files = httpFolder(source, meter, { sha256, signal })
    await kind.probe(files)
    return files
  }
  const stored = await findStored(url, { sha256 })
  if (stored !== undefined) return openStored(url.root, stored, meter)
  const wasDownloaded = await withFolderLock(url, { signal, onWait: () => meter.waiting() }, async () => {
    // Another tab may have downloaded it while this one waited.
    if ((await findStored(url, { sha256 })) !== undefined) return false
    const folder = await OpfsFolder.create(url)
    await kind.download({ source, folder, meter, signal, onRestart, sha256 }, url)
    return true
  })
  const complete = await findStored(url, { sha256 })
  if (complete === undefined) throw goneAgain()
  return wasDownloaded ? complete.folder.files(url.root, complete.names) : openStored(url.root, complete, meter)
}

export const goneAgain = (): StorageError =>
  new StorageError({
    problem: "the model was removed the moment it was stored, or the browser dropped it for want of room",
    remedy: "Free disk space and open it again.",
  })

/** A folder that is stored whole. */
export interface StoredFolder {
  readonly folder: OpfsFolder
  readonly names: ReadonlyArray<string>
}

export interface Expected {
  readonly sha256?: Checksums | undefined
  /** Whether a copy will do that was packed so, or not at all. Default: one that was not. */
  readonly accepts?: ((packedAs: string | undefined) => boolean) | undefined
}

/** undefined unless all of the folder is there, and all that is expected is what is there. */
export async function findStored(
  url: FolderUrl,
  { accepts = (packedAs) => packedAs === undefined, sha256 = {} }: Expected,
): Promise<StoredFolder | undefined> {
  const folder = await OpfsFolder.find(url)
  if (folder === undefined || !(await folder.isComplete())) return undefined
  const record = await folder.record()
  if (!accepts(record?.packedAs)) return undefined
  for (const [name, expected] of Object.entries(sha256)) {
    if ((await folder.fileRecord(name))?.sha256 !== expected.toLowerCase()) return undefined
  }
  return { folder, names: record?.files ?? [] }
}

/** Says that nothing had to be fetched, and how much is there. */
export async function openStored(
  root: string,
  { folder, names }: StoredFolder,
  meter: DownloadMeter,
): Promise<ModelFiles> {
  const files = folder.files(root, names)
  for (const name of names) meter.start(name, await files.size(name))
  meter.cached(names.at(-1) ?? "")
  return files
}
