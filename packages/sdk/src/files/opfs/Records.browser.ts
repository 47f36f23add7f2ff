/** Records as small JSON files in the browser's storage. */
import { type FileRecord, parseFileRecord } from "./FileRecord.ts"
import { isNotFound } from "./originStorage.browser.ts"
import { writeAll } from "./SyncFile.browser.ts"

export const recordName = (name: string): string => `${name}.facet-record`

/**
 * Replaces a file's content in one write, padded to its old length: a worker that ends between two calls must not leave
 * half a record.
 */
export function writeJson(file: FileSystemSyncAccessHandle, value: object): void {
  const text = JSON.stringify(value)
  writeAll(file, new TextEncoder().encode(text.padEnd(file.getSize())), 0)
}

/** undefined when there is no such file, or when it was torn. */
export async function readJson(directory: FileSystemDirectoryHandle, name: string): Promise<unknown> {
  const text = await readIfThere(directory, name)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const readFileRecord = async (
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<FileRecord | undefined> => parseFileRecord(await readJson(directory, recordName(name)))

async function readIfThere(directory: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  try {
    const handle = await directory.getFileHandle(name)
    return await (await handle.getFile()).text()
  } catch (cause) {
    if (isNotFound(cause)) return undefined
    throw cause
  }
}
