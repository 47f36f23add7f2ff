import { mkdir, stat } from "node:fs/promises"
import { dirname } from "node:path"

/**
 * Makes a folder and those that it lies in, where they are not there. Node's own `recursive` tells of a disk that may only be
 * read as of a path that does not exist, and never ends below `/proc`.
 *
 * Rejects as the system refuses.
 */
export async function makeFolder(path: string): Promise<void> {
  const refused = await make(path)
  if (refused === undefined) return
  const parent = dirname(path)
  if (parent === path || !isMissing(refused)) throw refused
  await makeFolder(parent)
  const again = await make(path)
  if (again !== undefined) throw again
}

/** Gives why it is not there all the same. */
const make = (path: string): Promise<Error | undefined> =>
  mkdir(path).then(
    () => undefined,
    async (cause: Error) => ((await isFolder(path)) ? undefined : cause),
  )

/** Somebody else may have made it. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )

const isMissing = (cause: Error): boolean => "code" in cause && cause.code === "ENOENT"
