import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import { StorageError } from "../../words/Errors.ts"
import { byteCount } from "../../words/byteCount.ts"

/** Left free, so that a download does not take a machine's last byte. */
const margin = 64 * 1024 * 1024

/**
 * Compares what is about to be written with what the disk has left.
 *
 * @param folder where it will lie; it need not be there yet.
 * @throws StorageError when it does not fit. A disk that does not tell is trusted.
 */
export async function checkDiskRoom(folder: string, neededBytes: number): Promise<void> {
  if (neededBytes <= 0) return
  const free = await freeBytes(folder)
  if (free === undefined || neededBytes + margin <= free) return
  throw new StorageError({
    place: folder,
    problem: `${byteCount(neededBytes)} are needed, and the disk has ${byteCount(free)} left`,
    remedy:
      "Free some space (`facet models` says what is kept, `facet rm` removes it), or name a folder on another disk in FACET_CACHE or HF_HOME.",
  })
}

/** Of the disk that a folder lies on, or will. */
async function freeBytes(folder: string): Promise<number | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    } catch {
      if (dirname(path) === path) return undefined
    }
  }
}
