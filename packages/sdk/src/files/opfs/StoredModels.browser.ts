/** The models that this site keeps in the browser's storage. */
import { StorageError } from "../../words/Errors.ts"
import { ifUnlocked } from "./withFolderLock.browser.ts"
import { modelUrl } from "../http/modelUrl.ts"
import { OpfsFolder } from "./OpfsFolder.browser.ts"
import { originStorage, storageError } from "./originStorage.browser.ts"

/** One stored file. */
export interface StoredFile {
  readonly name: string
  /** Bytes in storage. */
  readonly bytes: number
  /** SHA-256 of those bytes, in hexadecimal, taken while they arrived. */
  readonly sha256: string
  readonly isComplete: boolean
}

/** One stored model, or what has arrived of it. */
export interface StoredModel {
  /** What it was opened by. */
  readonly url: string
  /** Bytes in storage. */
  readonly bytes: number
  /** Whether it opens without a network. */
  readonly isComplete: boolean
  /** What its weights were packed as on their way here, such as `q4`; undefined: they are as they were published. */
  readonly packedAs: string | undefined
  readonly files: ReadonlyArray<StoredFile>
}

/** How much this site may store, by the browser's own estimate, which is rough on purpose. */
export interface StorageEstimate {
  /** Bytes that all of the site's data take. */
  readonly usedBytes: number
  /** Bytes that it may take. */
  readonly quotaBytes: number
  /** Whether the browser keeps it when the disk runs full. */
  readonly isPersistent: boolean
}

/**
 * Lists the stored models, those that are downloaded in part included.
 *
 * Rejects with a `StorageError` when the browser gives this page no storage.
 */
export async function listStoredModels(): Promise<ReadonlyArray<StoredModel>> {
  const models = await Promise.all((await OpfsFolder.all()).map(describe))
  return models.flatMap((model) => model ?? []).sort((a, b) => (a.url < b.url ? -1 : 1))
}

async function describe(folder: OpfsFolder): Promise<StoredModel | undefined> {
  const record = await folder.record()
  // Torn in the moment it was made: the next download writes it anew.
  if (record === undefined) return undefined
  const files = await Promise.all(record.files.map((name) => describeFile(folder, name)))
  const found = files.flatMap((file) => file ?? [])
  return {
    url: record.url,
    bytes: found.reduce((sum, file) => sum + file.bytes, 0),
    isComplete: record.isComplete && (await folder.isComplete()),
    packedAs: record.packedAs,
    files: found,
  }
}

async function describeFile(folder: OpfsFolder, name: string): Promise<StoredFile | undefined> {
  const record = await folder.fileRecord(name)
  if (record === undefined) return undefined
  return { name, bytes: (await folder.storedSize(name)) ?? 0, sha256: record.sha256, isComplete: record.isComplete }
}

/**
 * Removes a model, or what has arrived of it.
 *
 * @param model the URL or the id that it was opened by.
 * @returns whether there was anything to remove.
 *
 * Rejects with a `StorageError` while a tab downloads it.
 *
 * @example
 * for (const { url } of await listStoredModels()) await removeStoredModel(url)
 */
export async function removeStoredModel(model: string): Promise<boolean> {
  const url = modelUrl(model, self.location.href)
  const done = await ifUnlocked(url, () => OpfsFolder.remove(url))
  if (done !== undefined) return done.value
  throw new StorageError({
    problem: `${url.root} is being downloaded, here or in another tab`,
    remedy: "Cancel the download, or wait for its end, and remove it then.",
  })
}

/**
 * Reads a stored model from end to end and compares it with its checksums. What is damaged is removed from storage, so
 * that opening the model downloads it again.
 *
 * @returns the names of the damaged files; empty when all is well or nothing is stored.
 *
 * Rejects with a `StorageError` while a tab downloads it, and with the signal's reason when aborted.
 */
export async function verifyStoredModel(model: string, signal?: AbortSignal): Promise<ReadonlyArray<string>> {
  const url = modelUrl(model, self.location.href)
  const done = await ifUnlocked(url, async () => {
    const folder = await OpfsFolder.find(url)
    const record = await folder?.record()
    const damaged: Array<string> = []
    if (folder === undefined || record?.isComplete !== true) return damaged
    for (const name of record.files) if (!(await folder.isSound(name, signal))) damaged.push(name)
    for (const name of damaged) await folder.removeFile(name)
    return damaged
  })
  if (done !== undefined) return done.value
  throw new StorageError({
    problem: `${url.root} is being downloaded, here or in another tab`,
    remedy: "Wait for the end of the download: it checks what it stores.",
  })
}

/** Rejects with a `StorageError` when the browser gives this page no storage. */
export async function storageEstimate(): Promise<StorageEstimate> {
  try {
    const storage = originStorage()
    const { quota = 0, usage = 0 } = await storage.estimate()
    return { usedBytes: usage, quotaBytes: quota, isPersistent: await storage.persisted() }
  } catch (cause) {
    throw storageError(cause)
  }
}
