/**
 * A folder that appears whole or not at all: it is written beside its place, under a name that says by whom, and renamed
 * when it is done.
 */
import { mkdir, readdir, realpath, rename, rm, stat } from "node:fs/promises"
import { hostname } from "node:os"
import { basename, dirname, join, resolve, sep } from "node:path"
import { InvalidRequestError } from "@facet/sdk/words"
import { manifestFile, readManifestFiles } from "./Manifest.ts"

/** So that two conversions in one process do not share a folder. */
let opened = 0

export class FolderTarget implements AsyncDisposable {
  /** Where the files are written. */
  readonly folder: string
  readonly #place: string

  private constructor(place: string, folder: string) {
    this.#place = place
    this.folder = folder
  }

  /**
   * Prepares a place, and removes what conversions left there that were killed.
   *
   * Rejects with an `InvalidRequestError` when the place is the source or lies in it, is a file, or is a folder that
   * holds what no conversion wrote.
   */
  static async open(target: string, source: string): Promise<FolderTarget> {
    const place = await resolved(target)
    checkApart(place, await resolved(source))
    await checkReplaceable(place)
    await mkdir(dirname(place), { recursive: true })
    await removeLeftovers(place)
    const folder = `${leftoverPrefix(place)}${process.pid}-${opened++}`
    await mkdir(folder)
    return new FolderTarget(place, folder)
  }

  /** Puts the folder in its place; an earlier conversion's goes. */
  async commit(): Promise<void> {
    await checkReplaceable(this.#place)
    const old = `${this.folder}-old`
    const isReplaced = await rename(this.#place, old).then(
      () => true,
      () => false,
    )
    try {
      await rename(this.folder, this.#place)
    } catch (cause) {
      if (isReplaced) await rename(old, this.#place)
      throw cause
    }
    if (isReplaced) await rm(old, { recursive: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Links are followed as far as there is something. */
async function resolved(path: string): Promise<string> {
  const whole = resolve(path)
  const parent = dirname(whole)
  if (parent === whole) return whole
  return realpath(whole).catch(async () => join(await resolved(parent), basename(whole)))
}

const refuse = (problem: string, remedy: string): InvalidRequestError =>
  new InvalidRequestError({ option: "target", problem, remedy })

function checkApart(place: string, source: string): void {
  if (place === source) throw refuse("it is the source itself", "Name another folder.")
  if (place.startsWith(source + sep)) throw refuse("it lies in the source's folder", "Name a folder outside of it.")
  if (source.startsWith(place + sep)) throw refuse("the source lies in it", "Name a folder apart from the source's.")
}

/** What a conversion wrote may be written anew; nobody else's files are touched. */
async function checkReplaceable(place: string): Promise<void> {
  const entry = await stat(place).catch(() => undefined)
  if (entry === undefined) return
  if (!entry.isDirectory()) throw refuse(`${place} is a file`, "Name a folder that is not there yet.")
  const names = await readdir(place)
  if (names.length === 0) return
  const own = new Set([manifestFile, ...((await readManifestFiles(place)) ?? [])])
  const foreign = names.find((name) => !own.has(name))
  if (foreign === undefined) return
  throw refuse(
    `the folder ${place} holds ${foreign}, which no conversion wrote`,
    "Name a folder that is empty or not there yet.",
  )
}

/** Names of ours carry the machine's, since a process's number means nothing on another one that shares the disk. */
const leftoverPrefix = (place: string): string =>
  join(dirname(place), `.${basename(place)}.facet-${hostname().replace(/[^a-z0-9]/gi, "_")}-`)

async function removeLeftovers(place: string): Promise<void> {
  const prefix = basename(leftoverPrefix(place))
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
