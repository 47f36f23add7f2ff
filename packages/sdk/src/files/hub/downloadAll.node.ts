import { stat } from "node:fs/promises"
import { Connections } from "./Connections.node.ts"
import { downloadFile } from "./downloadFile.node.ts"
import type { FileDownload } from "./FileDownload.node.ts"
import { partialPath } from "./PartialDownload.node.ts"

/** Files at once: enough to fill a line that one connection does not. */
const atOnce = 4

/** Requests at once, of all files together: a large file is fetched in several ranges. */
const mostConnections = 8

/**
 * Downloads files side by side. When one fails the others end too, and what has arrived of them is kept.
 *
 * @param onDone told of each file that is in its place.
 */
export async function downloadAll<A extends FileDownload>(
  downloads: ReadonlyArray<A>,
  onDone: (download: A) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const connections = new Connections(mostConnections)
  const waiting = [...downloads]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      failed.signal.throwIfAborted()
      const signals = [failed.signal, ...(next.signal === undefined ? [] : [next.signal])]
      try {
        await downloadFile({ ...next, signal: AbortSignal.any(signals) }, connections)
        await onDone(next)
      } catch (cause) {
        failed.abort(cause)
        throw cause
      }
    }
  }
  const workers = Array.from({ length: Math.min(atOnce, downloads.length) }, work)
  // All have closed their files before anybody hears of a failure.
  await Promise.allSettled(workers)
  await Promise.all(workers)
}

/** How much of a file an earlier download left, in bytes. */
export const leftOf = (target: string): Promise<number> =>
  stat(partialPath(target)).then(
    ({ size }) => size,
    () => 0,
  )
