/** Opening the models, with progress for those who watch. */
import type { Facet, OpenOptions } from "@facet/sdk"
import type { Progress } from "@facet/sdk/words"
import { basename } from "node:path"
import type { Console } from "./Console.ts"

/** Erases the line that the cursor is in. */
const clearLine = "\r\u001b[K"

export async function openFacet(console: Console, options: OpenOptions): Promise<Facet> {
  // Imported when it is needed: help and mistyped commands answer at once.
  const { Facet } = await import("@facet/sdk")
  return showingProgress(console, options.onProgress, (onProgress) =>
    Facet.open({ ...options, onProgress, signal: console.signal }),
  )
}

/** Opens something while telling how far it has come. */
export async function showingProgress<A>(
  { err, verbose }: Console,
  also: OpenOptions["onProgress"],
  open: (onProgress: (progress: Progress) => void) => Promise<A>,
): Promise<A> {
  const isTransient = err.isTerminal && !verbose
  const onProgress = (progress: Progress): void => {
    also?.(progress)
    if (isTransient) void err.write(`${clearLine}${err.paint.dim(describe(progress))}`)
    else if (verbose) void err.writeLine(describe(progress))
  }
  try {
    return await open(onProgress)
  } finally {
    if (isTransient) await err.write(clearLine)
  }
}

function describe({ file, loadedBytes, model, phase, totalBytes }: Progress): string {
  const name = basename(model)
  if (phase === "ready") return `${name}: ready (${megabytes(totalBytes)})`
  if (phase === "session") return `${name}: building the session`
  return `${name}: ${file} (${megabytes(loadedBytes)} of ${megabytes(totalBytes)})`
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
