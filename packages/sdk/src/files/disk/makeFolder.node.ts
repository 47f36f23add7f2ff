import { mkdir, stat } from "node:fs/promises"
import { dirname } from "node:path"

/**
 * Makes a folder and those that it lies in, where they are not there. Node's own `recursive` tells of a disk that may only be
 * read as of a path that does not exist, and never ends below `/proc`.
 *
 * Rejects as the system refuses.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (cause) {
    if (await isFolder(path)) return
    const parent = dirname(path)
    if (parent === path || !isMissing(cause) || (await isFolder(parent))) throw cause
    await makeFolder(parent)
    await makeFolder(path)
  }
}

/** Somebody else may have made it. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"
