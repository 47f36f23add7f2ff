/** Files of the browser's storage that are written synchronously, as dedicated workers can. */
import { errorName } from "./originStorage.browser.ts"

/** A worker of a page that was just left holds its files for a moment longer. */
const lockedMs = 3000
const lockedPauseMs = 50

/** Opens a file for writing; waits for a worker that is about to end. */
export async function openSync(
  directory: FileSystemDirectoryHandle,
  name: string,
): Promise<FileSystemSyncAccessHandle> {
  const handle = await directory.getFileHandle(name, { create: true })
  const until = performance.now() + lockedMs
  for (;;) {
    try {
      return await handle.createSyncAccessHandle()
    } catch (cause) {
      if (errorName(cause) !== "NoModificationAllowedError" || performance.now() > until) throw cause
      await new Promise((resolve) => setTimeout(resolve, lockedPauseMs))
    }
  }
}

/**
 * Writes all of the bytes.
 *
 * @throws DOMException `QuotaExceededError` when there is no room. Chromium 153 throws none itself: `write` then returns
 * a negative error code as an unsigned number, 4294967288.
 */
export function writeAll(file: FileSystemSyncAccessHandle, bytes: Uint8Array, at: number): void {
  let written = 0
  while (written < bytes.length) {
    const wanted = bytes.length - written
    const count = file.write(bytes.subarray(written), { at: at + written })
    if (count <= 0 || count > wanted) throw new DOMException("no room for more bytes", "QuotaExceededError")
    written += count
  }
}
