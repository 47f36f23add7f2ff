import { join } from "node:path"
import { withLock } from "../files/disk/withLock.node.ts"
import type { ModelFiles } from "../files/ModelFiles.ts"
import { StorageError } from "../words/Errors.ts"
import type { Progress } from "../words/Progress.ts"

/** What is laid out beside a model's weights. */
export interface Layout {
  /** The file whose presence says that it was done. */
  readonly name: string
  /** In words: `the weights in 8 bits for prompts`. */
  readonly what: string
  /** How it is asked for, and how it is left out. */
  readonly asked: string
  readonly option: string
  readonly isDone: () => Promise<boolean>
}

/**
 * Lays something out in a model's folder unless it is there: one process does it, and the others wait.
 *
 * Rejects with a `StorageError` where the folder may not be written.
 */
export async function onceInFolder(
  files: ModelFiles,
  { asked, isDone, name, option, what }: Layout,
  onProgress: (progress: Progress) => void,
  work: () => Promise<void>,
): Promise<void> {
  if (await isDone()) return
  const onWait = () => onProgress({ phase: "waiting", model: files.root, file: name, loadedBytes: 0, totalBytes: 0 })
  try {
    await withLock(`${join(files.root, name)}.lock`, { onWait }, async () => {
      // Another process may have done it while this one waited.
      if (!(await isDone())) await work()
    })
  } catch (cause) {
    if (!isRefused(cause)) throw cause
    throw new StorageError({
      place: files.root,
      problem: `${what} would lie in this folder, and it may not be written`,
      remedy: `Open it once with \`${asked}\` where it may be written, or leave \`${option}\` out.`,
    })
  }
}

const isRefused = (cause: unknown): boolean =>
  (cause instanceof Error && "code" in cause && ["EACCES", "EPERM", "EROFS"].includes(String(cause.code))) ||
  (cause instanceof StorageError && /permission denied|only be read/.test(cause.problem))
