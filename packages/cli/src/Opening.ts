/** Opening the models, with progress for those who watch. */
import { byteCount, type Progress } from "@facet/sdk/words"
import type { Facet, OpenOptions } from "@facet/sdk"
import { basename } from "node:path"
import { askToFetch } from "./askToFetch.ts"
import { bar } from "./bar.ts"
import { isInteractive } from "./confirm.ts"
import type { Console } from "./Console.ts"
import { fit } from "./textWidth.ts"

/** Erases the line that the cursor is in. */
export const clearLine = "\r\u001b[K"

export async function openFacet(console: Console, options: OpenOptions): Promise<Facet> {
  for (const name of [options.model, options.shield]) if (typeof name !== "object") await askFirst(console, name)
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
    // What takes minutes, or may fail, is said in any case.
    if (progress.message !== undefined) {
      const { isWarning = false, message } = progress
      const told = isWarning ? err.paint.bad(`Warning: ${message}`) : err.paint.dim(message)
      void err.write(`${isTransient ? clearLine : ""}${told}\n`)
    }
    if (isTransient) void err.write(`${clearLine}${err.paint.dim(fit(describe(progress), err.columns - 1))}`)
    else if (verbose) void err.writeLine(describe(progress))
  }
  try {
    return await open(onProgress)
  } finally {
    if (isTransient) await err.write(clearLine)
  }
}

function describe(progress: Progress): string {
  const { file, loadedBytes, model, phase, totalBytes } = progress
  const name = basename(model)
  switch (phase) {
    case "ready":
      return `${name}: ready (${byteCount(totalBytes)})`
    case "session":
      return `${name}: building the session`
    case "waiting":
      return `${name}: another process is at work on it; waiting`
    case "download":
      return `${name}: ${meter(progress)}`
    case "convert":
      return `${name}: packing ${meter(progress)}`
    case "files":
      return `${name}: ${file} (${byteCount(loadedBytes)} of ${byteCount(totalBytes)})`
  }
}

const barWidth = 20

/** `████▌      23 % of 5228.7 MB, 34.2 MB/s, 1:57 left`. */
function meter({ bytesPerSecond = 0, loadedBytes, secondsLeft, totalBytes }: Progress): string {
  const share = totalBytes > 0 ? loadedBytes / totalBytes : 0
  return [
    `${bar(share, barWidth).padEnd(barWidth)} ${String(Math.floor(share * 100)).padStart(3)} % of ${byteCount(totalBytes)}`,
    ...(bytesPerSecond > 0 ? [`${byteCount(bytesPerSecond)}/s`] : []),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ].join(", ")
}

/** `1:57`, `2:03:20`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const end = String(whole % 60).padStart(2, "0")
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`
}

/** On a terminal nothing large is fetched unasked, whatever command needs it. */
async function askFirst(console: Console, model: string | undefined): Promise<void> {
  if (model === undefined || model === "tiny" || !isInteractive(console)) return
  const { isHere, isOffline, pullModel, sourceOf } = await import("@facet/sdk/models")
  if ((await isHere(model)) || isOffline()) return
  const source = await sourceOf(model)
  await showingProgress(console, undefined, (onProgress) =>
    pullModel(model, source, {
      onProgress,
      onPlan: (plan) => askToFetch(console, plan, model),
      signal: console.signal,
    }),
  )
}
