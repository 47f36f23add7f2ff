/**
 * A folder that appears whole or not at all: it is written beside its place, under a name that says by whom, and renamed
 * when it is done.
 */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { basename, dirname, join, resolve, sep } from "node:path"
import { isJsonObject } from "@facet/sdk/folders"
import { byteCount, InvalidRequestError, RuntimeError } from "@facet/sdk/words"
import type { ConversionTarget, TargetFile } from "./ConversionTarget.ts"
import { type FileSum, manifestFile } from "./Manifest.ts"
import { openTargetFile } from "./openTargetFile.ts"

/** So that two conversions in one process do not share a folder. */
let opened = 0

export class FolderTarget implements AsyncDisposable, ConversionTarget {
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

  async checkRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder)
    if (bavail * bsize >= bytes) return
    throw new RuntimeError({
      operation: `Writing ${this.#place}`,
      problem: `${byteCount(bytes)} are needed, and the disk has ${byteCount(bavail * bsize)}`,
      remedy: "Make room, name a folder on another disk, or choose a smaller dtype.",
    })
  }

  async create(name: string, size: number): Promise<void> {
    await using handle = await open(join(this.folder, name), "wx")
    await handle.truncate(size)
  }

  open(name: string): Promise<TargetFile> {
    return openTargetFile(this.folder, name)
  }

  async finish(name: string): Promise<FileSum> {
    const path = join(this.folder, name)
    const hash = createHash("sha256")
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
    await using handle = await open(path, "r+")
    await handle.sync()
    return { bytes: (await handle.stat()).size, sha256: hash.digest("hex") }
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    return writeFile(join(this.folder, name), bytes, { flush: true })
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

/** The names of the files that a folder's manifest lists; undefined where it has none that can be read. */
async function readManifestFiles(folder: string): Promise<ReadonlyArray<string> | undefined> {
  let manifest: unknown
  try {
    manifest = JSON.parse(await readFile(join(folder, manifestFile), "utf8"))
  } catch {
    return undefined
  }
  if (!isJsonObject(manifest) || typeof manifest["tool"] !== "string") return undefined
  const files: unknown = manifest["files"]
  return isJsonObject(files) ? Object.keys(files) : undefined
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
