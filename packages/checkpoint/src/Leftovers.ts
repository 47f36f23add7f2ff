/** What is written lies beside its place until it is whole, under a name that says by whom; killed conversions leave it there. */
import { readdir, rm } from "node:fs/promises"
import { hostname } from "node:os"
import { basename, dirname, join } from "node:path"

/** So that two conversions in one process do not share a name. */
let made = 0

/** Where what belongs in a place is written first. */
export const besidePlace = (place: string): string => `${prefixOf(place)}${process.pid}-${made++}`

/** Names of ours carry the machine's, since a process's number means nothing on another one that shares the disk. */
const prefixOf = (place: string): string =>
  join(dirname(place), `.${basename(place)}.facet-${hostname().replace(/[^a-z0-9]/gi, "_")}-`)

/** Clears away what conversions to the same place left that were killed. */
export async function removeLeftovers(place: string): Promise<void> {
  const prefix = basename(prefixOf(place))
  for (const name of await readdir(dirname(place))) {
    const number = name.startsWith(prefix) ? /^(\d+)-\d+(?:-old)?$/.exec(name.slice(prefix.length))?.[1] : undefined
    if (number === undefined || isAlive(Number(number))) continue
    await rm(join(dirname(place), name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 is none: it only asks.
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // It may be somebody else's.
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
